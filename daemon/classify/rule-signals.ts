// The table of the rule classifier: one row per signal. To add a signal, add a row and state what `npm run eval` says.
// Weights are log-odds of "the cheapest tier would not do": +1 moves an even chance to 73 %. They were set by meaning
// (which grade the kind of work belongs to) and rounded; phrases that only occur in the 136 labelled messages were left
// out, although they would raise the score there: the table must hold for people nobody has measured.

import type { TaskType } from '../protocol/vocabulary.ts';

export interface RuleSignal {
  /** What the signal says about the ask, as `explain` shows it. */
  readonly why: string;
  /** Lower case, whole words; one found phrase is enough. */
  readonly phrases: readonly string[];
  /** Added once, however many phrases are found. Negative = easier. */
  readonly weight: number;
  /** Task types it speaks for; 1 is enough to name the task. */
  readonly task?: Readonly<Partial<Record<TaskType, number>>>;
  /** Kind of work that the meaning of the grades calls complex; without one no ask is complex. */
  readonly isHard?: boolean;
  /** Only counts at the beginning of the ask (after "please", "can you", "ok"). */
  readonly atStart?: boolean;
  /** Only counts in an ask of at most this many words. */
  readonly maxWords?: number;
  /**
   * Work on a given text. The length of the ask is then the length of its material, and where such a row leads the ask,
   * the words of the material say nothing about the work.
   */
  readonly isTransform?: boolean;
}

/** Phrases of a comma-separated text, so that a row of forty stays readable. */
function list(text: string): readonly string[] {
  return text.split(',').map((phrase) => phrase.trim().replaceAll(/\s+/g, ' '));
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** Words that may stand before the verb without changing what is asked. */
export const POLITE_WORDS: ReadonlySet<string> = words(`
  please can could would will you we i it's let's lets let me us ok okay now and also then just again so
  but yes no want to need like instead hey hi hello do don't dont`);

export const RULE_SIGNALS: readonly RuleSignal[] = [
  // Simple by the meaning of the grades: small talk, facts, and work on a given text.
  {
    why: 'greeting or thanks',
    phrases: list(`
      hi, hello, hey, good morning, good evening, thanks, thank you, great, perfect,
      nice, cool, bye, hallo, danke, bonjour, merci, hola, gracias, ciao, 你好, 谢谢`),
    weight: -3,
    atStart: true,
    maxWords: 4,
  },
  {
    why: 'small talk',
    phrases: list(`
      how are you, how are you doing, how are things, how do you do, how is it going, how's it going,
      what's up, nice to meet you, see you`),
    weight: -3.5,
    maxWords: 7,
  },
  {
    why: 'go-ahead',
    phrases: list(`
      go ahead, do it, do that, try that, make that change, sounds good, continue, proceed, yes, ok,
      okay, sure, no`),
    weight: -1.5,
    maxWords: 5,
  },
  {
    why: 'asks for a single fact',
    phrases: list(`
      what is, what's, what are, what was, who is, who was, who wrote, when did, when was, when is,
      where is, where are, which year, what year, how old, how far, how tall, capital of, what time,
      what language, what does, stand for, define, meaning of, synonym for, is there a, does it have`),
    weight: -1.2,
    atStart: true,
  },
  {
    why: 'yes or no question',
    phrases: list(`yes or no, true or false, is it true, right or wrong`),
    weight: -1.5,
  },
  {
    why: 'translation',
    phrases: list(`
      translate, translation, translated, into english, into german, into french, into spanish,
      in french, in german, in spanish, in japanese, in chinese, to french, to german, to spanish,
      to english, to japanese, to chinese, übersetze, übersetzen, traduis, traduire, traduce,
      traducir, traduci, перевести, переведи, 翻译, 翻訳`),
    weight: -1.2,
    task: { translation: 2 },
    isTransform: true,
  },
  {
    why: 'summary of a given text',
    phrases: list(`
      summarize, summarise, summary of, tl;dr, tldr, in one sentence, in two sentences, key points,
      main points, shorten, condense, headline for`),
    weight: -1.5,
    task: { general: 2 },
    isTransform: true,
  },
  {
    why: 'sorting into classes',
    phrases: list(`
      classify, classification, categorize, categorise, which category, sentiment,
      positive or negative, spam or, is this spam, label each, label this, label these,
      label the following, tag each, tag this, tag these, assign a label, assign a category, decide whether,
      which label, detect the language, identify the language`),
    weight: -1.5,
    task: { classification: 2 },
    isTransform: true,
  },
  {
    why: 'extraction from a given text',
    phrases: list(`
      extract all, extract the names, extract the dates, extract the following, extract every,
      pull out, list all the names, find all mentions, named entities, extract`),
    weight: -0.8,
    task: { classification: 1 },
    isTransform: true,
  },
  {
    why: 'formatting or correction of a given text',
    phrases: list(`
      proofread, fix the grammar, correct the grammar, fix the spelling, spelling, reformat,
      format this, format the, pretty print, to json, to csv, as a table, as json,
      sort alphabetically, uppercase, lowercase, capitalize, bullet list, bulleted list, bullet points,
      numbered list, title case, iso format, convert this list, convert this date, convert this sentence,
      convert the following, rephrase`),
    weight: -1,
    isTransform: true,
  },
  {
    why: 'small edit',
    phrases: list(`
      rename, typo, one-line, one line, comment for, add a comment, bump, indent, import, imports,
      constant, constants, color, colour, label, commit message, title, docstring`),
    weight: -0.5,
    task: { code: 0.5 },
  },
  {
    why: 'a command to run',
    phrases: list(`run, commit, push, list files, list the files, open, install`),
    weight: -0.5,
    task: { code: 0.8 },
    atStart: true,
    maxWords: 8,
  },

  // Moderate: explanations, code snippets, API questions, work in several steps.
  {
    why: 'asks for an explanation',
    phrases: list(`
      explain, how does, how do, how can, how would, how could, how should, how is, how are, how to,
      walk me through, describe how, tell me about, why, what about, what happens, what would,
      teach me`),
    weight: 0.9,
  },
  {
    why: 'asks for a difference',
    phrases: list(`difference between, differences between, differ from, when to use`),
    weight: 1.2,
  },
  {
    why: 'names a language or a format of programs',
    phrases: list(`
      python, java, javascript, typescript, rust, golang, ruby, php, kotlin, swift, scala, bash,
      powershell, sql, html, css, json, yaml, regex, react, vue, django, flask, node, docker,
      kubernetes, git, linux`),
    weight: 0,
    task: { code: 0.6 },
  },
  {
    why: 'code to carry over to another language',
    phrases: list(`
      to python, to rust, to java, to javascript, to typescript, to go, to golang, to kotlin, to swift,
      to ruby, into python, into rust, into typescript, into javascript, in rust, in go, port to`),
    weight: 1.5,
    task: { code: 2.5 },
  },
  {
    why: 'tests to write or run',
    phrases: list(`
      a test, tests, unit test, test for, test case, test cases, mock, mocking, assert, assertion,
      coverage`),
    weight: 0.7,
    task: { code: 1.2 },
  },
  {
    why: 'something new to add',
    phrases: list(`
      add a, add an, add another, add support, support for, new feature, feature, integrate,
      endpoint, command, option, param, parameter, flag, script`),
    weight: 0.5,
    task: { code: 0.7 },
  },
  {
    why: 'conditions to meet',
    phrases: list(`
      if, unless, when, then, instead, instead of, make sure, ensure, ensures, should, must, except,
      both, each, every, so that, handle, confirms`),
    weight: 0.5,
  },
  {
    why: 'code to write',
    phrases: list(`
      write a function, write a script, write a program, write a method, write a query, write code,
      implement, implementation, a function that, a script that, a class that, regex for,
      regular expression, sql query, code snippet, algorithm`),
    weight: 1,
    task: { code: 2 },
  },
  {
    why: 'creative writing',
    phrases: list(`
      poem, haiku, story, short story, lyrics, limerick, slogan, tagline, joke, blog post, essay,
      screenplay, dialogue, brainstorm, name ideas, marketing copy, cover letter, write an email,
      write a letter, product description, novel, fairy tale, gedicht, poème, poema`),
    weight: 0.4,
    task: { creative: 2 },
  },

  // Complex: architecture, debugging, planning, reasoning in several steps, novel code, legal or comparative analysis.
  {
    why: 'something does not work',
    isHard: true,
    phrases: list(`
      not working, doesn't work, does not work, isn't working, isn't, aren't, won't, doesn't, still,
      no longer, fails, failing, failed, broken, wrong, undefined, nan, no data, no output,
      nothing happens, incorrect, hangs, hang, stuck, crash,
      crashes, crashing, bug, issue, problem, unexpected, an error, this error, the error,
      error message, these errors, those errors, throws, regressed,
      conflicting, too slow, keeps, even though, out of memory`),
    weight: 1,
    task: { code: 0.8 },
  },
  {
    why: 'asks for the cause of a fault',
    isHard: true,
    phrases: list(`
      why is, why are, why does, why do, why did, why isn't, why aren't, why doesn't, why don't,
      why didn't, why won't, why can't, find out why, figure out why, root cause, what causes,
      what is causing, debug, diagnose, investigate, track down, troubleshoot, find the bug,
      fix the bug, stack trace, traceback`),
    weight: 1,
    task: { code: 0.5 },
  },
  {
    why: 'concurrency, security or speed',
    isHard: true,
    phrases: list(`
      race condition, deadlock, memory leak, leak, segfault, flaky, intermittent, intermittently,
      sometimes fails, heisenbug, concurrency, concurrent, lock-free, consensus, thread-safe,
      thread safety, corrupted, corruption, vulnerability, vulnerabilities, injection, performance,
      bottleneck, throughput, latency, faster, optimize, optimise, optimization, scalability`),
    weight: 1.5,
    task: { code: 1 },
  },
  {
    why: 'architecture or design',
    isHard: true,
    phrases: list(`
      architecture, architect, system design, design a, design an, design the, data model,
      database schema, scalable, distributed, microservice, microservices, event-driven, migrate,
      migration, multi-tenant, high availability, from scratch, end to end, end-to-end, redesign,
      rearchitect`),
    weight: 2.2,
    task: { reasoning: 1, code: 0.6 },
  },
  {
    why: 'restructuring',
    isHard: true,
    phrases: list(`
      refactor, refactoring, restructure, decouple, rewrite, split into, split it into, modularize,
      simplify, clean up, wrap, into another file, consolidate`),
    weight: 1,
    task: { code: 1.2 },
  },
  {
    why: 'asks for a judgement',
    isHard: true,
    phrases: list(`
      should we, should i, what is the best, what's the best, best way, better way,
      best approach, which approach, what would you, recommend, recommendation, trade-off,
      trade-offs, tradeoff, tradeoffs, pros and cons, advantages and disadvantages, is it ok,
      is it safe, i want to, how should`),
    weight: 1.2,
    task: { reasoning: 0.7 },
  },
  {
    why: 'comparison, evaluation or law',
    isHard: true,
    phrases: list(`
      compare, comparison, versus, evaluate, evaluation, assess, critique, analyze, analyse,
      analysis, legal, contract, liability, lawsuit, clause, gdpr, compliance,
      regulation, regulations, implications`),
    weight: 1.8,
    task: { reasoning: 1.2 },
  },
  {
    why: 'planning',
    isHard: true,
    phrases: list(`
      plan, plan for, roadmap, strategy, step by step, step-by-step, break down, break it down,
      milestones, proposal, prioritize`),
    weight: 1.6,
    task: { reasoning: 1.2 },
  },
  {
    why: 'mathematics or logic',
    isHard: true,
    phrases: list(`
      prove, proof, derive, theorem, lemma, integral, derivative, probability, equation, puzzle,
      riddle, deduce, how many ways, solve for, time complexity, big o, what is the probability,
      logically`),
    weight: 1.8,
    task: { reasoning: 1.5 },
  },
  {
    why: 'a whole program',
    isHard: true,
    phrases: list(`
      build a, build an, create an app, create a web, web app, large, full-stack,
      compiler, interpreter, parser, game, framework, web ui, web server, library, plugin,
      whole project, entire, protocol, client and server, simulator`),
    weight: 0.9,
    task: { code: 0.6 },
  },
  {
    why: 'reaches beyond one place',
    isHard: true,
    phrases: list(`
      portably, portable, across, backward compatible, backwards compatible, edge cases,
      all platforms, windows, without breaking, in all, all of, all the,
      consistently, async, asynchronous, sync, websockets, real time, terminal`),
    weight: 0.7,
  },
];

/** Words that are only or mostly used about software: one speaks a little for code, several settle it. Plurals count as well. */
export const TECHNICAL_WORDS: ReadonlySet<string> = words(`
  api app arg array async autocomplete axis backend bash binary bool boolean branch browser bug build
  button byte cache callback chart checkbox class classes cli client cmd code codebase commit compile
  compiler component config console constant constructor container cookie cors cpu css csv cursor daemon
  database dataset debug deploy dict diff directory div docker dom dropdown endpoint enum env error
  exception file filename firewall flag flask folder frontend function git github graph graphql grep
  handler hash header html http import index init instance int integer interface ios iterator java
  javascript jpeg js json jwt kernel kubernetes lambda layout library linter linux localhost log logging
  loop macro makefile markdown merge method middleware mime mock modal module mongodb mutex mysql
  namespace navbar nginx node npm null oauth orm page param parameter parse parser patch path payload
  pip pipeline pixel plugin png pointer popup port postgres postgresql promise prompt property proxy
  pull-request push py pytest python query queue react redis refactor regex repo repository request
  response rest return route ruby rust schema script sdk server session shell sidebar sort sql sqlite
  ssh stderr stdin stdout string struct stylesheet subprocess svelte swift syntax table terminal test
  thread timeout token tokenizer tooltip tuple type typescript ui unicode unit url user-agent utf-8 util
  variable vim virtualenv vue webhook website websocket widget windows worker xml yaml zip`);

/** Verbs that open an order to change something; the second set is as common in talk about anything else. */
export const EDIT_VERBS: ReadonlySet<string> = words(`
  add move rename remove delete switch include pass wrap replace update refactor implement import export
  enable disable revert undo log mock catch append prepend pad bump hide merge rebase commit fix handle
  call initialize init parse raise return throw validate modify drop omit strip configure set install
  deploy debug optimize enhance port`);
export const COMMON_VERBS: ReadonlySet<string> = words(`
  use make put change turn show extract convert mark order print create run do try write give generate
  build check instead only label keep don`);

/** The most frequent English words: an ask of three words or more without one of them is in another language. */
export const ENGLISH_WORDS: ReadonlySet<string> = words(`
  the a an to of in is it and for that this i you can do on with be not what how are was as at by from
  or if all my me we it's don't should have has does did will would when where why which who there here
  up out into about use add make just so but your their they them its then than also instead only no yes
  ok please write give show tell explain create`);

/** Openers and pronouns of an ask that leans on what was said before. */
export const FOLLOW_UP_OPENERS: readonly string[] = list(`
  and, also, now, again, ok, okay, yes, no, why, how about, what about, what if, same, do the same, same
  for, but, so, then, continue, go on, go ahead, really, are you sure, still, instead, try, more, try
  again, another`);
export const FOLLOW_UP_WORDS: ReadonlySet<string> = words(`
  it that this them those these there same one ones its`);
