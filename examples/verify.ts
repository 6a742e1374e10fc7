// Holds what was read of a running VM against the plan that it was started by.
//
//   evenkeel place vm.yaml --on live --output json > plan.json
//   evenkeel evidence llm-a > evidence.json
//   node verify.ts plan.json evidence.json
import { readFileSync } from "node:fs";
import { readDocument } from "@evenkeel/contract";
import { verify } from "@evenkeel/core";

const [planFile = "plan.json", evidenceFile = "evidence.json"] = process.argv.slice(2);
const plan = readDocument(readFileSync(planFile, "utf8"), planFile, "Plan");
const evidence = readDocument(readFileSync(evidenceFile, "utf8"), evidenceFile, "Evidence");
const verdict = verify(plan, evidence);

console.log(`${verdict.vm} on ${verdict.host}: ${verdict.holds ? "as planned" : "not as planned"}`);
for (const { code, subject, promised, found } of verdict.findings) {
  console.log(`${code}: ${subject}: promised ${promised}, found ${found}`);
}
for (const { what, why } of verdict.unverified) console.log(`unknown: ${what}: ${why}`);
if (!verdict.holds) process.exitCode = 3;
