import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";

/**
 * The rules of this repository that no linter knows, as tests. A rule that is broken says which
 * file breaks it and what to do instead.
 */
const root = join(import.meta.dirname, "..");

interface Source {
  readonly path: string;
  readonly text: string;
}

const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && path !== "package-lock.json");

const read = (path: string): Source => ({ path, text: readFileSync(join(root, path), "utf8") });
const sources = tracked.filter((path) => /\.(ts|mjs)$/.test(path)).map(read);
const documents = tracked.filter((path) => path.endsWith(".md")).map(read);
const isTest = (path: string): boolean => /\.test\.ts$|\/testing\/|^test\//.test(path);
const product = sources.filter(({ path }) => path.startsWith("packages/") && !isTest(path));
const packageOf = (path: string): string => path.split("/")[1] ?? "";

/** The modules that a file imports, as written. */
function importsOf({ text }: Source): string[] {
  const statement =
    /^(?:import|export)\b[^;]*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm;
  return [...text.matchAll(statement)].flatMap((match) => match[1] ?? match[2] ?? match[3] ?? []);
}

describe("layers", () => {
  /** What each package may import of the others: every arrow of ARCHITECTURE.md. */
  const allowed: Readonly<Record<string, readonly string[]>> = {
    core: [],
    contract: ["core"],
    host: ["core"],
    simulate: ["core"],
    cli: ["core", "contract", "host", "simulate"],
  };

  test("every package has its place in the order of layers", () => {
    const present = new Set(product.map(({ path }) => packageOf(path)));
    expect([...present].toSorted()).toEqual(Object.keys(allowed).toSorted());
  });

  test("no package imports sideways or back", () => {
    const broken = product.flatMap((source) =>
      importsOf(source)
        .filter((name) => name.startsWith("@evenkeel/"))
        .map((name) => name.split("/")[1] ?? "")
        .filter((name) => !(allowed[packageOf(source.path)] ?? []).includes(name))
        .map((name) => `${source.path} imports ${name}`),
    );
    expect(broken).toEqual([]);
  });

  test("within a package imports are relative, across packages they name the package", () => {
    const broken = sources.flatMap((source) =>
      importsOf(source)
        .filter((name) => name.startsWith("."))
        .map((name) => posix.join(posix.dirname(source.path), name))
        .filter(
          (target) =>
            source.path.startsWith("packages/") && packageOf(target) !== packageOf(source.path),
        )
        .map((target) => `${source.path} reaches into ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test("the core depends on nothing: no package, no node:, no clock, no randomness, no process", () => {
    const manifest: unknown = JSON.parse(
      readFileSync(join(root, "packages/core/package.json"), "utf8"),
    );
    expect(manifest).toMatchObject({ dependencies: {} });
    const forbidden =
      /\b(process\.|Buffer\.|Date\.now|new Date\(|Math\.random|performance\.|fetch\()/;
    const broken = product
      .filter(({ path }) => packageOf(path) === "core")
      .flatMap((source) =>
        [
          ...importsOf(source).filter((name) => !name.startsWith(".")),
          ...(forbidden.exec(withoutComments(source.text)) ?? []).slice(0, 1),
        ].map((what) => `${source.path}: ${what}`),
      );
    expect(broken).toEqual([]);
  });

  /**
   * Which files of the product a file of the product imports; `import type` counts. An index, which
   * nothing imports, is left out.
   */
  const imported = new Map(
    product
      .filter(({ path }) => !path.endsWith("/index.ts"))
      .map((source) => [source.path, importsOf(source).flatMap((name) => pathOf(source, name))]),
  );

  function pathOf({ path }: Source, name: string): string[] {
    if (name.startsWith(".")) return [posix.join(posix.dirname(path), name)];
    const [, of, rest] = /^@evenkeel\/([^/]+)\/(.+)$/.exec(name) ?? [];
    return of === undefined ? [] : [`packages/${of}/src/${rest}`];
  }

  test("files do not import each other in circles", () => {
    expect(circles((path) => path)).toEqual([]);
  });

  // A folder and a folder inside it are two: what both need lies in a third, below them.
  test("folders do not import each other in circles", () => {
    expect(circles((path) => posix.dirname(path))).toEqual([]);
  });

  test("rooms, the folders of src with all that is in them, do not import each other in circles", () => {
    expect(circles((path) => path.split("/").slice(0, 4).join("/"))).toEqual([]);
  });

  /** One import for each step of a circle among groups of files. */
  function circles(groupOf: (path: string) => string): string[] {
    const edges = new Map<string, Map<string, string>>();
    for (const [path, targets] of imported) {
      for (const target of targets) {
        const [from, to] = [groupOf(path), groupOf(target)];
        if (from === to) continue;
        edges.set(
          from,
          (edges.get(from) ?? new Map<string, string>()).set(to, `${path} → ${target}`),
        );
      }
    }
    const closing = [...edges].flatMap(([from, to]) =>
      [...to].filter(([target]) => reachable(edges, target).has(from)),
    );
    return closing.map(([, example]) => example);
  }

  /** Everything that a group imports, directly or not. */
  function reachable(
    edges: ReadonlyMap<string, ReadonlyMap<string, string>>,
    start: string,
  ): ReadonlySet<string> {
    const met = new Set([start]);
    for (const group of met) for (const next of edges.get(group)?.keys() ?? []) met.add(next);
    return met;
  }

  test("modules are imported by their paths; what is built for programs elsewhere is not", () => {
    const built = /^@evenkeel\/[a-z]+(\/internal\/.*)?$|^(\.|@evenkeel).*\/(index\.ts|dist\/.*)$/;
    const broken = sources
      .filter(({ path }) => !path.startsWith("examples/"))
      .flatMap((source) =>
        importsOf(source)
          .filter((name) => built.test(name))
          .map((name) => `${source.path} imports ${name}`),
      );
    expect(broken).toEqual([]);
  });

  test("what only tests use is imported by tests alone", () => {
    const broken = product.flatMap((source) =>
      importsOf(source)
        .filter((name) => name.includes("/testing/") || name === "vitest" || name === "fast-check")
        .map((name) => `${source.path} imports ${name}`),
    );
    expect(broken).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

describe("size", () => {
  const FILE_LINES_MAX = 400;
  const FUNCTION_LINES_MAX = 70;
  const LINE_COLUMNS_MAX = 100;
  /** Files that are one thing that would only be harder to read in pieces, with the reason. */
  const longFiles: Readonly<Record<string, string>> = {};

  test(`a file has at most ${FILE_LINES_MAX} lines`, () => {
    const long = sources
      .filter(({ path }) => !isTest(path) && longFiles[path] === undefined)
      .map(({ path, text }) => ({ path, lines: text.split("\n").length }))
      .filter(({ lines }) => lines > FILE_LINES_MAX);
    expect(long).toEqual([]);
  });

  test(`a function has at most ${FUNCTION_LINES_MAX} lines, its closures included`, () => {
    const long = sources.filter(({ path }) => !isTest(path)).flatMap(longFunctions);
    expect(long).toEqual([]);
  });

  /**
   * Functions, methods, and arrow functions with a body. In formatted code a block that opens at
   * the end of a line ends with the next closing brace of the same indentation.
   */
  function longFunctions({ path, text }: Source): string[] {
    const lines = text.split("\n");
    return lines.flatMap((line, start) => {
      const isArrow = /=> (\(?)\{$/.test(line);
      const isDeclared = /^\s*(export |async |static )*function\*? /.test(line);
      const isMethod =
        /^\s+(async )?\*?\w+\(.*\).*\{$/.test(line) &&
        !/^\s+(if|for|while|switch|catch) /.test(line);
      if (!isArrow && !isDeclared && !isMethod) return [];
      const indentation = /^\s*/.exec(line)?.[0] ?? "";
      const rest = lines.slice(start + 1);
      const length = rest.findIndex((other) => other.startsWith(`${indentation}}`)) + 2;
      return length > FUNCTION_LINES_MAX ? [`${path}:${start + 1}: ${length} lines`] : [];
    });
  }

  /** A string or a regular expression on one line. */
  const literal = /(["'/])(?:\\.|(?!\1).)*\1/g;

  const withoutTemplates = (text: string): string =>
    text.replaceAll(/`(?:\\.|[^`\\])*`/g, (template) => template.replaceAll(/[^\n]/g, ""));

  test(`a line has at most ${LINE_COLUMNS_MAX} columns, but for strings that make it longer`, () => {
    const long = sources.flatMap(({ path, text }) => {
      const bare = withoutTemplates(text).split("\n");
      return text.split("\n").flatMap((line, i) => {
        const isComment = /^\s*(\/\/|\/\*|\*)/.test(line);
        const counted = isComment ? line : (bare[i] ?? "").replaceAll(literal, "");
        return counted.length > LINE_COLUMNS_MAX ? [`${path}:${i + 1}`] : [];
      });
    });
    expect(long).toEqual([]);
  });
});

describe("names and words", () => {
  test("folders and files are in kebab-case", () => {
    const odd = tracked.filter(
      (path) =>
        path.startsWith("packages/") && !/^[a-z0-9./-]+$/.test(path.replace("README.md", "")),
    );
    expect(odd).toEqual([]);
  });

  test("there are no barrels but the one of each package for programs elsewhere", () => {
    const forOutsiders = /^packages\/[a-z]+\/src\/index\.ts$/;
    const barrels = product.filter(
      ({ path, text }) =>
        (path.endsWith("/index.ts") && !forOutsiders.test(path)) || /^export \* from/m.test(text),
    );
    expect(barrels.map(({ path }) => path)).toEqual([]);
  });

  test("nothing unfinished is left behind", () => {
    const word = new RegExp(["FIX", "ME|TO", "DO|X", "XX|HA", "CK"].join("").replaceAll(" ", ""));
    const left = [...sources, ...documents].filter(({ text }) => word.test(text));
    expect(left.map(({ path }) => path)).toEqual([]);
  });

  test("no number stands in for what is not there", () => {
    // What counts what it has not met as none.
    const allowed = new Set(["packages/core/src/unit/tally.ts"]);
    const standsIn = /\?\?=? -?(\d|Infinity|NaN|Number\.)/;
    const found = sources
      .filter(({ path }) => !allowed.has(path))
      .flatMap(({ path, text }) =>
        withoutComments(text)
          .split("\n")
          .filter((line) => standsIn.test(line))
          .map((line) => `${path}: ${line.trim()}`),
      );
    expect(found).toEqual([]);
  });

  test("every error that the command line makes says what to do", () => {
    const found = sources
      .filter(({ path }) => path.startsWith("packages/cli/src/") && !path.includes(".test."))
      .flatMap(({ path, text }) =>
        text
          .split("new EvenkeelError(")
          .slice(1)
          .map((rest) => rest.slice(0, rest.search(/\);?\n|\);$/)))
          .filter((made) => !/remedy|\.\.\.\w*[dD]etail/.test(made))
          .map((made) => `${path}: ${made.split("\n")[0]}`),
      );
    expect(found).toEqual([]);
  });

  test("what the command line prints passes the one place that escapes it", () => {
    const printing = /\bconsole\.|(?<!this\.)\bprocess\.(stdout|stderr)\b|\bwriteSync\(\s*[12]\b/;
    const found = product
      .filter(({ path }) => path.startsWith("packages/cli/src/") && !path.endsWith("/main.ts"))
      .filter(({ text }) => printing.test(withoutComments(text)))
      .map(({ path }) => `${path}: write to the streams of the command's surroundings`);
    expect(found).toEqual([]);
  });

  test("no test is left skipped or alone", () => {
    const marked = sources.filter(({ text }) =>
      /\b(test|describe|it)\.(only|skip|todo)\(/.test(text),
    );
    expect(marked.map(({ path }) => path)).toEqual([]);
  });

  test("nothing names a path of a developer's machine", () => {
    const local = /(^|[\s"'`(])\/(home|root|work|Users)\//m;
    const found = [...sources, ...documents].filter(({ text }) => local.test(text));
    expect(found.map(({ path }) => path)).toEqual([]);
  });
});

describe("documents", () => {
  test("every document has one title", () => {
    const titles = documents.map(({ path, text }) => ({
      path,
      titles: (text.replaceAll(/```[\s\S]*?```/g, "").match(/^# /gm) ?? []).length,
    }));
    expect(titles.filter((document) => document.titles !== 1)).toEqual([]);
  });

  test("links between documents and files lead somewhere", () => {
    const known = new Set(tracked);
    const folders = new Set(tracked.flatMap((path) => ancestors(path)));
    const broken = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
        .map((match) => posix.join(posix.dirname(path), match[1] ?? ""))
        .map((target) => target.replace(/\/$/, ""))
        .filter((target) => !known.has(target) && !folders.has(target))
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test("the walk in ARCHITECTURE.md names functions that exist, and enters no room twice", () => {
    const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
    const [, walk = ""] = text.split("## One request, from place to verdict\n");
    const stops = [...walk.matchAll(/^\d+\. \[`(\w+)`\]\(([^)]+)\)/gm)].map(
      ([, name = "", path = ""]) => ({ name, path }),
    );
    expect(stops.length).toBeGreaterThan(12);
    const rooms = stops.map(({ path }) => posix.dirname(path));
    expect(rooms.filter((room, i) => rooms.indexOf(room) !== i)).toEqual([]);
    const absent = stops.filter(
      ({ name, path }) =>
        !new RegExp(`^export (async )?function ${name}\\b`, "m").test(read(path).text),
    );
    expect(absent).toEqual([]);
  });

  test("the table in ARCHITECTURE.md names every room of the core", () => {
    const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
    const rows = text.split("\n").filter((line) => line.startsWith("| `"));
    const named = new Set(
      rows.flatMap((row) =>
        [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name),
      ),
    );
    const rooms = product.flatMap(
      ({ path }) => /^packages\/core\/src\/(\w+)\//.exec(path)?.[1] ?? [],
    );
    expect([...new Set(rooms)].filter((room) => !named.has(room))).toEqual([]);
  });

  test("every promise in SPECIFICATION.md names tests that exist", () => {
    const text = readFileSync(join(root, "SPECIFICATION.md"), "utf8");
    const rows = text.split("\n").filter((line) => /^\| S\d+ \|/.test(line));
    expect(rows.length).toBeGreaterThan(10);
    const numbers = rows.map((row) => Number(/^\| S(\d+)/.exec(row)?.[1]));
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    const promises = rows.map((row) => row.split("|")[2]);
    expect(new Set(promises).size).toBe(promises.length);
    const known = new Set(tracked);
    const broken = rows.filter((row) => {
      const named = [...row.matchAll(/`([^`]+\.test\.ts)`/g)].map((match) => match[1] ?? "");
      return named.length === 0 || named.some((path) => !known.has(path));
    });
    expect(broken).toEqual([]);
  });

  test("docs/inputs.md names a test that is there in each row", () => {
    const rows = readFileSync(join(root, "docs/inputs.md"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| ") && !line.startsWith("| tool "));
    const named = rows.map((row) => /\]\(\.\.\/([^)]+\.test\.ts)\) \|$/.exec(row)?.[1] ?? row);
    expect(rows.length).toBeGreaterThan(15);
    const known = new Set(tracked);
    expect(named.filter((path) => !known.has(path))).toEqual([]);
  });

  test("docs/glossary.md has 20 to 40 entries, no term twice, and every term is used", () => {
    const glossary = "docs/glossary.md";
    const entries = readFileSync(join(root, glossary), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| *"));
    expect(entries.length).toBeGreaterThanOrEqual(20);
    expect(entries.length).toBeLessThanOrEqual(40);
    // The first column: `*symmetry*, *orbit*`.
    const terms = entries.flatMap((entry) =>
      [...(entry.split("|")[1] ?? "").matchAll(/\*([^*]+)\*/g)].map((match) => match[1] ?? ""),
    );
    expect(terms.filter((term, i) => terms.indexOf(term) !== i)).toEqual([]);
    // Line breaks and comment marks may separate the words of a term; identifiers join them.
    const texts = [...sources, ...documents]
      .filter(({ path }) => path !== glossary && path !== "tools/tidy.test.ts")
      .map(({ text }) => text.replaceAll(/[\s*/-]+/g, " ").toLowerCase());
    const unused = terms.filter((term) => {
      const words = term.toLowerCase().replace(/^to /, "").split(/[ -]/);
      const used = new RegExp(`\\b${words.join(" ?")}`);
      return !texts.some((text) => used.test(text));
    });
    expect(unused).toEqual([]);
  });

  function ancestors(path: string): string[] {
    const parts = path.split("/");
    return parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join("/"));
  }
});
