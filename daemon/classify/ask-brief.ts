// The order inside a brief with named sections, as agents write to the agents that they start: what stands under "Task" is
// to be done and what stands under "Return" is to be reported; context and constraints are material. One pass over the lines.

export interface AskBrief {
  readonly order: string;
  /** How the answer is to look; '' when nothing is said about it. */
  readonly report: string;
  /** Everything else. */
  readonly material: string;
}

type Section = 'order' | 'report' | 'material';

const LABELS: ReadonlyMap<string, Section> = new Map([
  ...labels(
    'order',
    `task,your task,the task,agent task,goal,goals,objective,the goal,your goal,your job,what to do,what to search,assignment,mission,
    aufgabe,deine aufgabe,auftrag,ziel,tâche,objectif,but,tarea,objetivo,tarefa,compito,obiettivo,задача,цель,任务,目标,タスク,目的`,
  ),
  ...labels(
    'report',
    `report,return,return format,output,output format,format,expected output,expected result,deliverable,deliverables,response,
    response format,answer format,how to answer,result,ergebnis,ausgabe,rückgabe,résultat,résultat attendu,sortie,resultado,
    salida,результат,输出,返回,出力`,
  ),
  ...labels(
    'material',
    `context,background,situation,constraints,rules,instructions,notes,note,steps,tools,scope,search scope,requirements,must do,
    must not do,done when,acceptance criteria,thoroughness,files,kontext,hintergrund,randbedingungen,regeln,contexte,contraintes,
    contexto,restricciones,contesto,контекст,背景,约束,上下文`,
  ),
]);

function labels(section: Section, names: string): readonly (readonly [string, Section])[] {
  return names.split(',').map((name) => [name.trim(), section]);
}

const LONGEST_LABEL = 24;
const MAX_LINES = 400;

/** undefined for a text without a section that says what is to be done. */
export function askBrief(text: string): AskBrief | undefined {
  if (!text.includes('\n')) return undefined;
  const parts: Record<Section, string[]> = { order: [], report: [], material: [] };
  let section: Section = 'material';
  for (const line of text.split('\n', MAX_LINES)) {
    const label = labelOf(line);
    if (label === undefined) {
      parts[section].push(line);
      continue;
    }
    section = label.section;
    if (label.rest !== '') parts[section].push(label.rest);
  }
  const order = parts.order.join('\n').trim();
  if (order === '') return undefined;
  return { order, report: parts.report.join('\n').trim(), material: parts.material.join('\n').trim() };
}

/** "## Task", "**Task**: find …", "Task: find …", "<task>find …"; a bare word in the middle of a text is none. */
function labelOf(line: string): { readonly section: Section; readonly rest: string } | undefined {
  let start = 0;
  while (start < 12 && MARKS.includes(line.charAt(start)) && start < line.length) start += 1;
  let end = start;
  while (end < line.length && end - start <= LONGEST_LABEL && !ENDS.includes(line.charAt(end))) end += 1;
  const isWholeLine = end === line.length;
  if (end === start || end - start > LONGEST_LABEL || (isWholeLine && start === 0)) return undefined;
  const section = LABELS.get(line.slice(start, end).trim().toLowerCase());
  if (section === undefined) return undefined;
  let rest = end;
  while (rest < line.length && (ENDS.includes(line.charAt(rest)) || line.charAt(rest) === ' ')) rest += 1;
  return { section, rest: line.slice(rest).trim() };
}

const MARKS = '#*_<[ ';
const ENDS = ':*_>]\uff1a';
