// What people ask for, in the words of eight languages: one row per concept, so that what the ask head learns of
// "translate" holds for "übersetze" and "翻译" too. Stems for alphabets (a word that begins like that), pieces of text for
// writing without spaces. Names of concepts are names of features: after a change, train again.

/** Stems of at most two letters must be the whole word, and so must those that end in "$". */
const ROWS: readonly (readonly [concept: string, stems: string])[] = [
  [
    'translate',
    'translat übersetz ubersetz traduc tradui traduz перевед перевод 翻译 翻譯 翻訳 译成 訳して localize',
  ],
  [
    'language',
    `french german spanish english italian japanese chinese korean portuguese dutch russian polish latin$ englisch
    deutsch französisch spanisch français anglais allemand inglés francés alemán inglês francês английск немецк
    французск 英文 英语 中文 法语 英語 日本語`,
  ],
  [
    'summarize',
    'summar tl;dr tldr zusammenfass fasse$ résum resum кратк резюм 总结 總結 概括 要約 まとめ shorten condens kürz',
  ],
  [
    'classify',
    `classif categor sentiment klassifiz kategor clasific classe$ spam$ тональн классифиц 分类 情感 分類 positiv
    negativ toxic 正面 肯定的`,
  ],
  ['extract', 'extract extrah extrai extrais$ extrae$ извлек 提取 抽出 pull$'],
  [
    'correct',
    'proofread grammar spelling korrigier rechtschreib corrige corrig fautes$ ошибки$ исправь 纠正 校正 rephrase reword',
  ],
  ['format', 'format reformat pretty indent minify prettier formatier 格式化 整形'],
  [
    'image',
    'image$ images$ picture$ photo$ photos$ screenshot bild$ foto$ imagen$ imagem$ 图片 圖片 画像 картинк scan$ ocr$',
  ],
  [
    'verse',
    'poem poems haiku limerick gedicht poème poema стихотвор 诗 俳句 詩 sonnet lyrics rhyme song$ ballad',
  ],
  [
    'story',
    `story stories tale$ novel$ geschichte märchen histoire conte$ cuento conto$ рассказ сказк 故事 小说 物語 screenplay
    slogan tagline joke jokes witz blague chiste шутк toast$ dialogue`,
  ],
  [
    'prove',
    `prove$ proof$ beweis démontr demuestr demostrar prouve докаж доказат 证明 證明 証明 derive$ herleit theorem integral
    probab wahrscheinlich irrational induction`,
  ],
  [
    'compare',
    `compar vergleich versus vs$ сравн 比较 比較 trade-off tradeoff vorteil ventaja avantage weigh evaluat assess analy
    анализ 分析`,
  ],
  [
    'law',
    'legal liab contract gdpr dsgvo rgpd licens jurid rechtlich recht$ юридич правов 法律 complian tax$ steuer clause',
  ],
  [
    'design',
    'architect design architekt entwirf entwurf conçois diseñ arquitect projete архитект спроектир 设计 設計 架构',
  ],
  ['plan', 'plan$ plane$ plans$ planung planif roadmap strateg migrat milestone план$ миграц 计划 計画 制定'],
  ['explain', 'explain erklär explique explica explain объясн 解释 解釋 説明 describe beschreib'],
  ['why', 'why$ warum$ wieso weshalb pourquoi por$ porque почему 为什么 為什麼 なぜ'],
  ['how', 'how$ wie$ comment$ cómo$ como$ как$ 如何 怎么 どうすれ どのよう'],
  [
    'what',
    'what$ whats$ was$ quel$ quelle$ qué$ cuál$ qual$ что$ какой какая 什么 哪 何 どこ which$ who$ when$ where$ wo$ où$ dónde где$',
  ],
  ['difference', 'difference differ$ unterschied différence diferencia diferença разниц отлич 区别 違い'],
  [
    'fault',
    `crash hang$ hangs$ hängt stürzt plante broken fails$ failing stuck leak deadlock freez cuelga trava падает зависает
    崩溃 卡 没有反应 エラー 报错 fehler error$ wrong$ bug$ bugs$ nan$ flaky stutter empty$ blank$ leer$ blanche vanish
    duplicate twice$ slow$ langsam lent$ lento`,
  ],
  [
    'denial',
    `doesn't doesnt doesnot isn't isnt won't wont can't cant didn't didnt never$ none$ nothing$ no$ not$ nicht kein pas$
    rien$ nada$ ne$ не$ 不 没 ない still$ immer$ toujours sigue again$`,
  ],
  [
    'find-cause',
    'debug diagnos investigat troubleshoot ursache cause$ root$ untersuch причин 原因 調べ investiga$ 调查 reproduc',
  ],
  [
    'search',
    `search grep locate find$ list$ enumerat collect scan$ lookup count$ suche$ finde$ liste$ cherche$ trouve busca$
    encuentra lista$ encontre elenca cerca$ найди найти 查找 搜索 找出 列出 探して`,
  ],
  [
    'check',
    `check$ checks$ verify confirm whether determin exist$ exists$ prüfe überprüf vérifie comprueba verifica controlla
    проверь 检查 确认 確認`,
  ],
  [
    'report',
    `report$ reports$ return$ respond reply$ answer$ output$ gib$ nenne berichte antworte renvoie réponds donne devuelve
    responde riporta retorne верни 返回 报告 返して 報告`,
  ],
  [
    'implement',
    `implement implementier implémente implementa реализ 实现 實現 実装 build$ baue$ develop entwickl créer crea$ создай
    rewrite umbau refactor refactoris refactoriz 重构 リファクタ`,
  ],
  ['write', 'write$ schreib écris écrire escribe escreva напиш 写 寫 書いて 編写 draft compose$ rite$'],
  [
    'function',
    'function$ funktion fonction función função функци 函数 関数 class$ klasse classe$ clase$ класс 类 script skript',
  ],
  ['test', 'test$ tests$ pruebas testes тест 测试 テスト spec$ coverage'],
  [
    'run',
    'run$ execute start$ führe lance$ ejecuta rode$ запусти 运行 実行 restart install deploy build$ push$ commit committe',
  ],
  ['rename', 'rename renme benenne renomm renombr renomeie переимен 改成 変更'],
  ['add', 'add$ füge ajoute agrega añade adicione добав 加上 添加 追加 include$ insert'],
  ['remove', 'remove delete lösch supprim elimin quita remova удали 删除 削除 drop$ strip$'],
  [
    'change',
    'change$ chang ändere mach$ cambia mude$ измени 修改 set$ switch$ replace$ turn$ make$ move$ update$',
  ],
  [
    'condition',
    'if$ when$ unless wenn$ falls$ si$ cuando se$ quando если 如果 場合 only$ nur$ seulement solo$',
  ],
  [
    'greeting',
    `hi$ hello$ hey$ hallo$ bonjour salut$ hola$ olá$ oi$ привет здравств 你好 こんにちは moin$ servus guten$ buenos
    buenas ciao$ 早上好 こんばんは 안녕`,
  ],
  [
    'thanks',
    'thank thanks thx$ ty$ danke merci gracias obrigad спасибо 谢谢 謝謝 ありがとう cheers$ grazie 감사',
  ],
  [
    'go-ahead',
    `yes$ yep$ yeah$ ok$ okay$ sure$ proceed continue$ ja$ oui$ sí$ sim$ да$ weiter$ vas-y hazlo$ давай 继续 好的 可以
    はい 続けて continua$ sigue$`,
  ],
  [
    'fact',
    'capital hauptstadt capitale столиц 首都 invent erfunden erfand founded born$ year$ jahr$ année año$ год',
  ],
  [
    'fix',
    'fix$ fixes$ repair behebe repariere corrige$ arregla почини 修复 修正 直して resolve$ solve$ handle$',
  ],
];

const MIN_STEM_CHARS = 3;
const MAX_STEM_CHARS = 14;

/** Names of all concepts, in order. */
export const ASK_CONCEPTS: readonly string[] = ROWS.map(([concept]) => concept);

interface Lexicon {
  readonly whole: ReadonlyMap<string, readonly number[]>;
  readonly stems: ReadonlyMap<string, readonly number[]>;
  /** The first letters of all stems: most words end their search here. */
  readonly beginnings: ReadonlySet<string>;
  /** Of writing without spaces. */
  readonly wide: readonly (readonly [string, number])[];
}

const lexicon = buildLexicon();

function buildLexicon(): Lexicon {
  const whole = new Map<string, number[]>();
  const stems = new Map<string, number[]>();
  const wide: (readonly [string, number])[] = [];
  const put = (map: Map<string, number[]>, key: string, concept: number): void => {
    const known = map.get(key);
    if (known === undefined) map.set(key, [concept]);
    else known.push(concept);
  };
  ROWS.forEach(([, text], concept) => {
    for (const entry of text.split(/\s+/)) {
      if (entry === '') continue;
      if (entry.charCodeAt(0) >= 0x2e80) wide.push([entry, concept]);
      else if (entry.endsWith('$')) put(whole, entry.slice(0, -1), concept);
      else put(entry.length < MIN_STEM_CHARS ? whole : stems, entry, concept);
    }
  });
  const beginnings = new Set([...stems.keys()].map((stem) => stem.slice(0, MIN_STEM_CHARS)));
  return { whole, stems, beginnings, wide };
}

/** Indexes of the concepts that a word (lower case) stands for; at most as many lookups as stems have lengths. */
export function conceptsOfWord(word: string): readonly number[] {
  const whole = lexicon.whole.get(word);
  if (!lexicon.beginnings.has(word.slice(0, MIN_STEM_CHARS))) return whole ?? [];
  const found: number[] = whole === undefined ? [] : [...whole];
  const longest = Math.min(MAX_STEM_CHARS, word.length);
  for (let length = MIN_STEM_CHARS; length <= longest; length += 1) {
    const concepts = lexicon.stems.get(word.slice(0, length));
    if (concepts !== undefined) found.push(...concepts);
  }
  return found;
}

/** As above for a run of signs without spaces. `run` is short. */
export function conceptsOfRun(run: string): readonly number[] {
  return lexicon.wide.filter(([piece]) => run.includes(piece)).map(([, concept]) => concept);
}
