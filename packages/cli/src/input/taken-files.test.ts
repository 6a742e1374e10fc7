import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codedError } from "@evenkeel/host/testing/expect-error.ts";
import { roomInMemory, scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { takenFiles } from "./taken-files.ts";

/** A folder with files of these names. */
function folderWith(names: readonly string[]): string {
  const folder = scratchFolder();
  for (const name of names) writeFileSync(join(folder, name), "");
  return folder;
}

/** The files that a path in a folder means, as seen from the folder. */
const namesOf = (folder: string, path: string): readonly string[] =>
  takenFiles(path === "" ? folder : `${folder}/${path}`, "here").map((file) =>
    file.slice(folder.length + 1),
  );

const refusal = async (folder: string, path: string): Promise<string> => {
  const code = path.includes("*") ? "file-missing" : "file-unreadable";
  const { message, where } = await codedError(code, () => namesOf(folder, path));
  return `${where}: ${message.replaceAll(folder, "F")}`;
};

test("a pattern means the files that a regular expression of the same meaning does", () => {
  const letters = ["a", "b", "."];
  const two = letters.flatMap((one) => letters.map((other) => one + other));
  const three = two.flatMap((one) => letters.map((other) => one + other));
  const names = [...letters, ...two, ...three, "aabab"].filter((name) => !/^\.{1,2}$/.test(name));
  const folder = folderWith(names);
  const meaning = new Map([
    ["*", ".*"],
    ["?", "."],
    [".", "\\."],
  ]);
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("a", "b", ".", "?", "*", "*", "*"), { minLength: 1, maxLength: 6 }),
      (characters) => {
        const pattern = characters.join("");
        if (!/[*?]/.test(pattern)) return;
        const wanted = new RegExp(`^${characters.map((one) => meaning.get(one) ?? one).join("")}$`);
        const expected = names
          .filter((name) => wanted.test(name) && (pattern.startsWith(".") || !name.startsWith(".")))
          .toSorted();
        if (expected.length === 0) expect(() => namesOf(folder, pattern)).toThrow("no file");
        else expect(namesOf(folder, pattern)).toEqual(expected);
      },
    ),
  );
});

test("a folder means its documents, and a file itself, whatever its name is", async () => {
  const folder = folderWith(["b.json", "a.yaml", "c.YML", ".d.json", "e.txt", "json", "*.json"]);
  expect(namesOf(folder, "")).toEqual(["*.json", "a.yaml", "b.json", "c.YML"]);
  expect(namesOf(folder, "e.txt")).toEqual(["e.txt"]);
  expect(namesOf(folder, "absent.json")).toEqual(["absent.json"]);
  // A name of a file comes before what it would mean as a pattern.
  expect(namesOf(folder, "*.json")).toEqual(["*.json"]);
  mkdirSync(join(folder, "x*"));
  writeFileSync(join(folder, "x*/p.json"), "");
  expect(namesOf(folder, "x*/p.json")).toEqual(["x*/p.json"]);
  expect(await refusal(folder, "*/p.json")).toBe(
    'here: "F/*/p.json": only the last part of a path may have * and ?',
  );
  expect(await refusal(folder, "*.tar")).toBe('here: "F/*.tar": no file has such a name');
  const code = "file-unreadable";
  const { message } = await codedError(code, () => takenFiles(`${folder}/absent/?`, "here"));
  expect(message.replaceAll(folder, "F")).toBe("the folder F/absent cannot be listed");
});

test("patterns stand in the current folder and in the root too", () => {
  const folder = folderWith(["a.json"]);
  const before = process.cwd();
  try {
    process.chdir(folder);
    expect(takenFiles("*.json", "here")).toEqual(["a.json"]);
  } finally {
    process.chdir(before);
  }
  expect(takenFiles("/et?", "here")).toEqual(["/etc"]);
});

test("a folder with more than a host's plans is refused before they are read", async () => {
  const folder = mkdtempSync(join(roomInMemory(), "evenkeel-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (let i = 0; i < 4097; i++) symlinkSync("absent", join(folder, `${i}.json`));
  const { message } = await codedError("file-too-large", () => takenFiles(folder, "here"));
  expect(message).toBe(`${folder} has 4097 such files`);
  expect(takenFiles(`${folder}/1*.json`, "here")).toHaveLength(1111);
  for (let i = 0; i < 5904; i++) symlinkSync("absent", join(folder, `other-${i}`));
  const many = await codedError("file-too-large", () => takenFiles(`${folder}/1*.json`, "here"));
  expect(many.message).toBe(`the folder ${folder} has over 10000 entries`);
});
