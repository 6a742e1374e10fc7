import { expect, test } from "vitest";
import { ignore, noteLeftovers } from "./note.ts";

function notesOf(leftovers: { missing?: string[]; unused?: string[] }): string[] {
  const notes: string[] = [];
  const given = { missing: [], unused: [], ...leftovers };
  noteLeftovers((sentence) => void notes.push(sentence), "lscpu", "a.txt", given);
  noteLeftovers(ignore, "lscpu", "a.txt", given);
  return notes;
}

test("a whole output that is used needs no note", () => {
  expect(notesOf({})).toEqual([]);
});

test("what is missing and what is not used are one note each, and each item is said once", () => {
  expect(notesOf({ missing: ["node 1", "node 1", "node 2"], unused: ["free memory"] })).toEqual([
    "the output of lscpu in a.txt is not whole: it lacks node 1, node 2",
    "the output of lscpu in a.txt also has free memory: not used",
  ]);
});

test("a long list is cut", () => {
  const missing = Array.from({ length: 20 }, (_, i) => `node ${i}`);
  expect(notesOf({ missing })).toEqual([
    "the output of lscpu in a.txt is not whole: it lacks node 0, node 1, node 2, node 3, node 4, " +
      "node 5, node 6, node 7 and 12 more",
  ]);
});
