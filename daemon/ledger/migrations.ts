// Numbered changes of the ledger's schema; `PRAGMA user_version` says how many a file has had. A released step is
// never edited: files in the field have run it.

import type { DatabaseSync } from 'node:sqlite';

// `exchanges` stays narrow (about 400 bytes a row) so that totals scan little; what only one row's reader needs lies
// beside it in `exchange_details`, under the same id. `attempts` is JSON there: json_each serves the rare reader.
const INITIAL_SCHEMA = `
CREATE TABLE exchanges (
  id INTEGER PRIMARY KEY,
  exchange_id TEXT NOT NULL UNIQUE,
  started_at_ms INTEGER NOT NULL,
  duration_ms REAL,
  time_to_first_chunk_ms REAL,
  client TEXT,
  client_dialect TEXT,
  conversation_id TEXT,
  workspace_id TEXT,
  request_model TEXT,
  response_model TEXT,
  provider TEXT,
  stream INTEGER,
  status TEXT NOT NULL,
  error_type TEXT,
  input_tokens INTEGER,
  cache_read_input_tokens INTEGER,
  cache_creation_input_tokens INTEGER,
  output_tokens INTEGER,
  reasoning_output_tokens INTEGER,
  usage_source TEXT,
  cost_usd REAL,
  classifier_cost_usd REAL,
  failed_attempts_cost_usd REAL,
  baseline_model TEXT,
  baseline_cost_usd REAL,
  saved_usd REAL,
  priced INTEGER NOT NULL,
  comparable INTEGER NOT NULL,
  cache TEXT,
  saved_by_routing_usd REAL,
  saved_by_exact_cache_usd REAL,
  saved_by_semantic_cache_usd REAL,
  saved_by_prompt_cache_injection_usd REAL,
  initiator TEXT,
  task TEXT,
  complexity TEXT,
  reason TEXT
);
CREATE INDEX exchanges_by_start ON exchanges (started_at_ms);
CREATE INDEX exchanges_by_conversation ON exchanges (conversation_id, started_at_ms);
CREATE TABLE exchange_details (
  id INTEGER PRIMARY KEY,
  attempts TEXT NOT NULL,
  warnings TEXT NOT NULL,
  decision TEXT
);
CREATE TABLE open_exchanges (
  exchange_id TEXT PRIMARY KEY,
  started_at_ms INTEGER NOT NULL,
  client TEXT,
  client_dialect TEXT,
  request_model TEXT
) WITHOUT ROWID;
CREATE TABLE routing_tables (
  hash TEXT PRIMARY KEY,
  json TEXT NOT NULL
) WITHOUT ROWID;
`;

// One row per exchange, model and kind; the two ratings are one kind, of which the last counts. `feedback` holds what
// the user said of an exchange, also where nobody can be judged by it; its reason is the only free text in the books.
const OUTCOMES = `
CREATE TABLE outcomes (
  id INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  exchange_id TEXT NOT NULL,
  cohort TEXT NOT NULL,
  model TEXT NOT NULL,
  tier TEXT NOT NULL,
  kind TEXT NOT NULL
);
CREATE UNIQUE INDEX outcomes_once ON outcomes
  (exchange_id, model, (CASE WHEN kind IN ('rated-good', 'rated-bad') THEN 'rated' ELSE kind END));
CREATE INDEX outcomes_by_time ON outcomes (at_ms);
CREATE TABLE feedback (
  exchange_id TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  reason TEXT
) WITHOUT ROWID;
`;

// `decision_input` holds what the policy was given, apart from what it answered: replaying a year of decisions reads the
// one and not the other. `baseline` holds the terms of the baseline's cost.
const MONEY_TERMS = `
ALTER TABLE exchanges ADD COLUMN decision_point TEXT;
ALTER TABLE exchange_details ADD COLUMN decision_input TEXT;
ALTER TABLE exchange_details ADD COLUMN baseline TEXT;
`;

// Whose exchange it is: while one daemon hands over to the next, two of them write into the same books.
const OWNERS = 'ALTER TABLE open_exchanges ADD COLUMN process_id INTEGER;';

// What a budget of a workspace has used up is read when the workspace is first met; without this the whole period is.
const WORKSPACES = `
CREATE INDEX exchanges_by_workspace ON exchanges (workspace_id, started_at_ms) WHERE workspace_id IS NOT NULL;
`;

/** Step n brings a file from version n to n + 1. */
const MIGRATIONS: readonly string[] = [INITIAL_SCHEMA, OUTCOMES, MONEY_TERMS, OWNERS, WORKSPACES];

/** Version of a file that has had them all. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Runs the steps that a file has not had, each in a transaction. Throws for a file of a newer program. */
export function migrate(database: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > migrations.length) {
    throw new Error(`schema version ${version} is newer than this program knows (${migrations.length})`);
  }
  for (const [step, sql] of migrations.entries()) {
    if (step < version) continue;
    database.exec('BEGIN IMMEDIATE');
    try {
      database.exec(sql);
      database.exec(`PRAGMA user_version = ${step + 1}`);
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
}
