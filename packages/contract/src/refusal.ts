import {
  type RefusalCode,
  refusalCodes,
  type UntoldCode,
  untoldCodes,
} from "@evenkeel/core/plan/refusal.ts";
import { z } from "zod";
import {
  apiVersion,
  exactly,
  index,
  indexList,
  list,
  name,
  object,
  oneOf,
  text,
} from "./fields.ts";
import { remedyFields } from "./remedy.ts";

const isUntoldCode = (code: string): code is UntoldCode => Object.hasOwn(untoldCodes, code);

export const untoldFact = object({
  host: text(253),
  code: oneOf(Object.keys(untoldCodes).filter(isUntoldCode)),
  message: text(1024),
});

const isRefusalCode = (code: string): code is RefusalCode => Object.hasOwn(refusalCodes, code);

const number = z.number({ error: "a number" });

const reason = object({
  code: oneOf(Object.keys(refusalCodes).filter(isRefusalCode)),
  node: index.nullable(),
  needs: number.nullable(),
  has: number.nullable(),
  message: text(1024),
});

/** The nodes of a way, as a list. */
const way = object({ nodes: indexList, reasons: list(reason, 1024) });

const changed = z.union([text(256, 0), number], { error: "a text or a number" }).nullable();

const remedy = object({ change: text(256), from: changed, to: changed, ...remedyFields });

const host = object({
  host: text(253),
  ways: list(way, 3),
  waysExhaustive: z.boolean({ error: "true or false" }).default(true),
  remedies: list(remedy, 256),
});

export const refusalSchema = object({
  apiVersion,
  kind: exactly("Refusal"),
  vm: name,
  hosts: list(host, 65_536),
  untold: list(untoldFact, 65_536).default([]),
});
