/**
 * JSON with the keys of every object in code-unit order and no white space: equal values give
 * equal text, whatever order they were built in. Values are those that JSON can hold.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    let fields = "";
    for (const [name, field] of Object.entries(value).sort(byName)) {
      if (field === undefined) continue;
      fields += `${fields === "" ? "" : ","}${JSON.stringify(name)}:${canonicalJson(field)}`;
    }
    return `{${fields}}`;
  }
  return JSON.stringify(value);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
