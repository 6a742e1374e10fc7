/** A name that an index exports. */
export interface ExportedName {
  readonly name: string;
  readonly isType: boolean;
  /** The file that it is from, beside the index. */
  readonly from: string;
}

/** The names that an index exports, from its text. */
export function exportedNames(index: string): readonly ExportedName[] {
  const statements = index.matchAll(/^export (type )?\{([^}]+)\} from "\.\/([^"]+)\.[jt]s";$/gm);
  return [...statements].flatMap(([, allTypes, list = "", from = ""]) =>
    list
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== "")
      .map((entry) => ({
        name: entry.replace(/^type /, ""),
        isType: allTypes !== undefined || entry.startsWith("type "),
        from,
      })),
  );
}

/** What the declarations in a file say of one of its names. */
export interface Declared {
  readonly hasDocstring: boolean;
  /** The names of Evenkeel's types that whoever uses this one meets. */
  readonly types: readonly string[];
}

/** Reads a file of declarations as the compiler writes them; null where it has no such name. */
export function declared(text: string, name: string): Declared | null {
  const kinds = "(?:function|const|class|interface|type)";
  const start = text.search(new RegExp(`^export (?:declare )?${kinds} ${name}\\b`, "m"));
  if (start < 0) return null;
  // Everything of a declaration but its first line and its last brace is indented.
  const [body = ""] = text.slice(start).split(/\n(?=[^\s}])/, 1);
  const words = new Set(withoutWords(body).match(/\b[A-Z]\w+/g));
  const own = new Set([...localTypes(text), ...importedTypes(text)]);
  return {
    hasDocstring: text.slice(0, start).endsWith("*/\n"),
    types: [...words].filter((word) => word !== name && own.has(word)),
  };
}

function localTypes(text: string): readonly string[] {
  const declarations = text.matchAll(/^(?:export )?(?:declare )?(?:class|interface|type) (\w+)/gm);
  return [...declarations].map(([, name = ""]) => name);
}

/** Those imported from Evenkeel's modules; what comes from others is theirs to export. */
function importedTypes(text: string): readonly string[] {
  const imports = text.matchAll(/^import (?:type )?\{([^}]+)\} from "(?:\.|@evenkeel\/)[^"]*";$/gm);
  return [...imports].flatMap(([, list = ""]) =>
    list.split(",").map((entry) => entry.trim().replace(/^type /, "")),
  );
}

/** A declaration without its comments and texts. */
function withoutWords(body: string): string {
  return body.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/"[^"]*"|`[^`]*`/g, "");
}
