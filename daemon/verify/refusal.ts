// Tells a short answer that only refuses from one that answers, asks back or reports a limit. Meant to miss rather than
// to accuse: the model may be right to refuse, so asks about harm are never judged.

const MAX_REFUSAL_CHARS = 700;

/** Object of a refusal: what was asked, never a thing of the world ("I can't find the file" answers). */
const THAT = String.raw`(?:(?:with )?(?:that|this|your|the|such|it|these|those)(?: (?:particular|specific|kind of|type of))?(?: (?:request|question|task|topic|query|content|information|prompt|one|matter|demand))?)`;
const UNABLE = String.raw`(?:can'?t|cannot|can not|am (?:unable|not able) to|'m (?:unable|not able) to|won'?t|will not|won'?t be able to|am not allowed to|'m not allowed to|must decline to|have to decline to|am not comfortable|'m not comfortable|don'?t feel comfortable)`;
const DO = String.raw`(?:help(?: you)?|assist(?: you)?|comply|fulfil+|complete|answer|respond to|do|(?:provide|offer|give)(?: any| you)? (?:assistance|an answer|help|information|guidance|support|a response)|provide|process|continue|engage|discuss|generate|create|write|produce|support|accommodate|address|helping|assisting|answering|providing|doing|writing)`;
const LEAD = String.raw`(?:(?:oh|hm+|well|hi|hello|thanks for asking)[,.!]? )?(?:(?:i'?m |i am |i |we'?re )?(?:very |really |truly |so )?(?:sorry|apologi[sz]e|afraid|regret)[^.!]{0,40}?[,.;:]? (?:but |that )?|unfortunately,? |my apologies[,.]? (?:but )?|as an? (?:ai|artificial|large|language|virtual)[^.,]{0,40}[,.]? |i understand[^.]{0,80}[,.] but |i appreciate[^.]{0,80}[,.] but )`;

const ENGLISH: readonly RegExp[] = [
  new RegExp(
    `^(?:${LEAD}){0,3}(?:i|we)? ?(?:really |just |simply )?(?:i )?${UNABLE}(?: to)?(?: directly)? ${DO}(?: with| on| to)?(?: ${THAT})?(?: (?:at this time|right now|for you|here|today))?(?:[.!,;]|$| (?:because|as|since|due|for|but|and|in)\\b)`,
  ),
  new RegExp(`^(?:${LEAD}){1,3}(?:i|we)? ?${UNABLE}(?: to)? ${DO}\\b`),
  /^(?:i'?m |i am )?(?:very |so )?sorry,? (?:but )?(?:no|that(?:'s| is) (?:not )?(?:something|beyond|outside|against))/,
  /^(?:that|this)(?:'s| is) (?:not something|beyond what|outside (?:of )?what) i(?:'m| am)? (?:can|could|able|will)/,
  /^i (?:must|have to|need to|will have to|respectfully) (?:respectfully |politely )?(?:decline|refuse)\b/,
  /^(?:as an? (?:ai|artificial|large|language)[^.]{0,60}[,.] )(?:i |it )?(?:do not|don'?t|can'?t|cannot|am not|am unable|'m not|isn'?t)\b/,
  /^i (?:refuse|decline) to\b/,
  /^(?:sorry, )?i(?:'m| am) (?:not able|unable) to (?:help|assist) with [\w-]+ (?:questions|tasks|requests|topics)\b/,
  /^i(?:'m| am) just an? (?:ai|language model|assistant)\b/,
  /^(?:your|this|the) (?:request|question|prompt) (?:cannot|can'?t|can not|violates|goes against)\b/,
];

const OTHERS: readonly RegExp[] = [
  /^(?:es )?tut mir (?:wirklich )?leid[,.]? (?:aber )?(?:ich kann|dabei kann|das kann|damit kann|bei)/,
  /^(?:dabei|damit|das) kann ich (?:dir |ihnen |leider )?(?:leider )?nicht/,
  /^(?:je suis |)désolée?,? (?:mais )?je ne (?:peux|suis)/,
  /^lo siento,? (?:pero )?no (?:puedo|es posible)/,
  /^(?:mi dispiace|desculpe|sinto muito),? (?:ma |mas )?(?:non|não) po(?:sso|sso)/,
  /^(?:извините|к сожалению|простите),? (?:но )?я не могу/,
  /^(?:很?抱歉|对不起|對不起)[,，]?(?:但)?我(?:无法|不能|無法)/,
  /^申し訳(?:ありません|ございません)[がけ、。]/,
];

/** Nothing but one sentence, whatever it names. */
const ALONE = new RegExp(
  `^(?:${LEAD}){1,3}(?:i|we)? ?${UNABLE}(?: to)? ${DO}(?: (?:with )?(?:that|this|your|the|such)(?: [\\w-]+){0,3})?[.!]?$`,
);

/** Signs that the answer goes on to something useful: a question back, what is missing, a way out that it carries out. */
const IS_USEFUL =
  /`|please (?:share|paste|provide|attach|upload|tell|send|include|give|clarify|specify)|(?:could|can|would) you (?:please )?(?:share|paste|provide|attach|upload|send|clarify|specify|tell)|(?:no|any|an?|the) (?:file|code|image|attachment|text|document|picture|link|snippet|context)s? (?:was|were|is|are|has|attached|provided|included|in your|you)|don'?t (?:see|have) (?:any|access|enough|real|(?:the|an?) (?:file|code|image|text|context|tool))|without (?:seeing|knowing|more|access|the)|\bhere(?:'s| is| are)|instead[,:]|\b(?:file|folder|directory|repository|function|variable|command|server|build|test|database|browse|internet|web page|real-time|live data)\b/;

export function isPlainRefusal(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > MAX_REFUSAL_CHARS) return false;
  const bare = trimmed
    .replaceAll(/[’‘]/g, "'")
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[*_"]/g, '')
    .toLowerCase();
  if (OTHERS.some((pattern) => pattern.test(bare))) return bare.length < 400;
  if (bare.length < 160 && ALONE.test(bare)) return true;
  return ENGLISH.some((pattern) => pattern.test(bare)) && !IS_USEFUL.test(bare);
}

const HARM =
  /\b(?:weapons?|bombs?|explosives?|napalm|grenade|hack(?:ing|ed)? (?:into|someone|my|a|an|the)|malware|ransomware|virus|trojan|keylogger|phishing|spyware|botnet|ddos|exploit|shellcode|steal(?:ing)?|stolen|crack(?:ed|ing)?|pirat(?:e|ed|ing)|bypass|jailbreak|suicide|self-harm|kill(?:ing)? (?:someone|myself|him|her|people|a person)|murder|poison|drugs?|meth|cocaine|heroin|fentanyl|porn|nsfw|sexual|sexy|nude|erotic|rape|racist|slurs?|hate speech|nazi|terroris[mt]|counterfeit|forge|fraud|scam|launder|illegal(?:ly)?|stalk(?:ing)?|dox|deepfake|impersonat|insult|lyrics|copyrighted|diagnos|prescri|system prompt|password of|social security|credit card numbers?)/i;

/** The ask is about refusing, or quotes one: then the words are the answer. */
const ABOUT_REFUSING =
  /refus|declin|reject|apolog|say(?:ing)? no|turn(?:ing)? (?:down|them down)|\bsorry\b|can'?t|cannot|unable|politely|won'?t|role-?play|pretend|pod bay|\bhal ?9000\b|\b(?:repeat|print|reveal|show|output|quote|translate)\b.{0,60}\b(?:above|instructions|prompt)\b/i;

/** The words of the answer are given, in the ask or before it: they may be a refusal. */
const GIVES_WORDS =
  /repeat|verbatim|exactly|translat|reply with|respond with|quote|übersetz|wiederhol|tradui|répèt|traduc|traduz|repit|перевед|повтори|翻译|翻譯|訳|重复|繰り返/i;
const REFUSING_WORDS =
  /refus|declin|apolog|\bsorry\b|can['’]?t|cannot|can not|unable|won['’]?t|not able|\bregret|leid\b|entschuldig|kann (?:\p{L}{1,12} ){0,3}nicht|désolé|ne (?:peux|peut|pouvons)|lo siento|no puedo|no podemos|dispiace|non posso|desculpe|não posso|sinto muito|извин|не могу|к сожалению|抱歉|对不起|對不起|不能|无法|申し訳|できません|죄송/iu;

/** Deeds in the world: who says that he cannot do them answers. */
const IS_DEED =
  /\b(?:can|could|will|would) you (?:please )?(?:(?:open|close|unlock|lock) (?:the|my|that|a) (?:\w{1,20} ){0,2}(?:doors?|windows?|gates?|car|garage|curtains?|blinds?|safe|fridge|house)|(?:order|buy|book|fetch) (?:me|us|my|some|a)|drive (?:me|us)|cook|call (?:me|my|a (?:taxi|cab|doctor))|dance|sing|smell|taste|touch|hug|(?:turn|switch) (?:on|off) (?:the|my)|dim|wake me)\b/i;

export function isAboutHarm(ask: string): boolean {
  return HARM.test(endsOf(ask));
}

/** Also when nobody asked anything. */
export function isAboutRefusing(ask: string): boolean {
  const ends = endsOf(ask);
  return ask.trim() === '' || ABOUT_REFUSING.test(ends) || IS_DEED.test(ends);
}

/** Something is to be translated or said again, so that the words of the answer are those of `texts`. */
export function isGivenRefusal(ask: string, texts: readonly string[]): boolean {
  return GIVES_WORDS.test(endsOf(ask)) && [ask, ...texts].some((text) => REFUSING_WORDS.test(endsOf(text)));
}

function endsOf(ask: string): string {
  return ask.length > 8000 ? `${ask.slice(0, 4000)} ${ask.slice(-4000)}` : ask;
}
