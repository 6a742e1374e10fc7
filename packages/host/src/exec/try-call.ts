import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { loadProcessCalls } from "../native/process-calls.ts";
import { triedCalls } from "./seccomp.ts";

/**
 * Makes system calls and ends, however they end: `seccomp.ts` runs it to see whether one of them is
 * deadly. They ask for what does not exist, so that they change nothing.
 */
const nowhere = indexSet([1023]);
const calls = await loadProcessCalls();
const names = new Set(process.argv.slice(2));
if (names.has(triedCalls[0])) calls?.setAffinity(nowhere);
if (names.has(triedCalls[1])) calls?.setMemoryPolicy("bind", nowhere);
