import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { hostPolicyOf } from "./host-policy.ts";
import { readDocument } from "./read-document.ts";

const policy = (fields: string): ReturnType<typeof hostPolicyOf> =>
  hostPolicyOf(
    readDocument(
      `apiVersion: evenkeel/v1\nkind: HostPolicy\n${fields}`,
      "policy.yaml",
      "HostPolicy",
    ),
  );

test("a policy without fields is the default policy", () => {
  expect(policy("")).toEqual(defaultHostPolicy);
  expect(policy("reserved: {}")).toEqual(defaultHostPolicy);
});

test("each field of a policy replaces its default, and the other fields keep theirs", () => {
  expect(policy("reserved: { memoryPerNode: 8Gi }")).toEqual({
    ...defaultHostPolicy,
    reserved: { coresPerNode: null, cpus: null, memoryPerNodeBytes: 8 * GiB },
  });
  expect(
    policy(`reserved: { coresPerNode: 0, cpus: "0,112", memoryPerNode: 0 }
accelerators: ["10de:*:0302", "1234:11e8", "0000:2b:00.0"]
nics: []
exclude: ["0000:27:00.0"]
partitions: [{ id: 3, accelerators: ["0000:1b:00.0"], active: null }]`),
  ).toEqual({
    reserved: { coresPerNode: 0, cpus: "0,112", memoryPerNodeBytes: 0 },
    accelerators: ["10de:*:0302", "1234:11e8", "0000:2b:00.0"],
    nics: [],
    exclude: ["0000:27:00.0"],
    maxSlowdown: null,
    partitions: [{ id: 3, accelerators: ["0000:1b:00.0"], active: null }],
  });
});

test("malformed device patterns and CPU lists are refused", () => {
  expect(() => policy('accelerators: ["nvidia"]')).toThrow('accelerators[0] is "nvidia"');
  expect(() => policy('nics: ["2b:00.0"]')).toThrow('nics[0] is "2b:00.0"');
  expect(() => policy('exclude: ["10de:*"]')).toThrow('exclude[0] is "10de:*"');
  expect(policy("reserved: { coresPerNode: null }")).toEqual(defaultHostPolicy);
  expect(() => policy('reserved: { cpus: "3-1" }')).toThrow('reserved.cpus is "3-1"');
});
