import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { loadProcessCalls } from "../native/process-calls.ts";
import { triedCalls } from "./seccomp.ts";

/**
 * Makes one system call and ends, however that ends: `seccomp.ts` runs it to see whether the call
 * is deadly. The call asks for what does not exist, so that it changes nothing.
 */
const nowhere = indexSet([1023]);
const calls = await loadProcessCalls();
const [, , name] = process.argv;
if (name === triedCalls[0]) calls?.setAffinity(nowhere);
if (name === triedCalls[1]) calls?.setMemoryPolicy("bind", nowhere);
