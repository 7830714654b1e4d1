// JSON merge patch (RFC 7396): members replace, objects merge, null removes, lists are replaced whole.

type Members = Readonly<Record<string, unknown>>;

/** A new value; what is given stays as it is. */
export function applyMergePatch<Value>(value: Value, patch: Members): Value {
  return merged(value, patch) as Value;
}

function merged(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const members = new Map(isObject(value) ? Object.entries(value) : []);
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) members.delete(name);
    else members.set(name, merged(members.get(name), change));
  }
  return Object.fromEntries(members);
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
