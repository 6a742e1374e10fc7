import { expect, test } from "vitest";
import { evenkeel } from "../../testing/evenkeel.ts";
import { shownCommands } from "../commands/commands.ts";
import { rightLine } from "./right-line.ts";

/** Lines of `exec` as users of other binders write them, and what is offered. */
const slips: readonly (readonly [string, string])[] = [
  ["exec python train.py --lr 3", "exec -- python train.py --lr 3"],
  ["exec --gpu 0 python train.py --lr 3", "exec --gpu 0 -- python train.py --lr 3"],
  ["exec nvidia-smi -L", "exec -- nvidia-smi -L"],
  ["exec python t.py --mode exclusive", "exec --mode exclusive -- python t.py"],
  ["exec python t.py --gpu=1 --nic", "exec --gpu=1 --nic -- python t.py"],
  ["exec python --nic t.py --gpu=1 x", "exec --nic --gpu=1 -- python t.py x"],
  ["exec curl x --output f", "exec -- curl x --output f"],
  ["exec python t.py --gpu 0 --lr 3", "exec -- python t.py --gpu 0 --lr 3"],
  ["exec --numa-binding=node -- true", "exec --mode node -- true"],
  ["exec --numa_binding core-complex -- true", "exec --mode core-complex -- true"],
  ["exec --cpu=exclusive,nosmt --mem=off -- true", "exec --mode exclusive --memory none -- true"],
  [
    "exec --exclusive --strict --nics -- true",
    "exec --mode exclusive --memory strict --nic -- true",
  ],
  ["exec --socket -l x", "exec --mode socket --memory none x"],
  ["exec --ib single --cpu node -- true", "exec --nic --mode node -- true"],
  ["exec --ib off -- true", "exec -- true"],
  ["exec --ib=single -- true", "exec --nic -- true"],
  ["exec --membind 0 --cpunodebind 0 -- true", "exec --memory strict --mode node -- true"],
  ["exec -N 0 -m 0 true -x", "exec --mode node --memory strict -- true -x"],
  ["exec --preferred-many=0,1 -- true", "exec --memory preferred -- true"],
  ["exec --numa-bind --numa-bind-nodes 0 -- vllm serve m", "exec -- vllm serve m"],
  ["exec --bind-to l3cache -- true", "exec --mode core-complex -- true"],
  ["exec --mode core -- true", "exec --mode exclusive -- true"],
  ["exec --memory membind -- true", "exec --memory strict -- true"],
  ["exec --gpus all -- true", "exec --rank none -- true"],
  ["exec --gpu all -- true", "exec --rank none -- true"],
  ["exec --gpus device=0,1 -- true", "exec --gpu 0,1 -- true"],
  ["exec --local-rank 2 -- true", "exec --gpu 2 -- true"],
  ["numactl --membind=0 python t.py --lr 3", "exec --memory strict -- python t.py --lr 3"],
];

test.each(slips)("%s: try %s", async (line, answer) => {
  const { stderr, status } = await evenkeel(line.split(" "), {
    terminal: 400,
    env: { TERM: "dumb" },
  });
  expect(/^ {2}try {7}(.*)$/m.exec(stderr)?.[1]).toBe(`evenkeel ${answer}`);
  expect(status).toBe(line.startsWith("exec") ? 125 : 2);
});

test("what exec does not do is told in a sentence", () => {
  const known = { commands: shownCommands };
  expect(rightLine(["exec", "--interleave=all", "--", "x"], known)).toContain("numactl");
  expect(rightLine(["exec", "--cpu", "off", "--", "x"], known)).toContain("as it is");
});

test("the command's own words stay, whatever they are, and so do flags that are right", () => {
  const known = { commands: shownCommands };
  const lines = [
    "exec -- numactl --membind=0 true",
    "exec --gpu 0,1 --memory preferred --mode=socket -- x --cpu off",
    "exec python train.py",
    "exec --gpu 0 x",
    "exec --gpu 0 -- x --gpu 1 --mode node --json -f vm.yaml --gpu 2 help",
  ];
  for (const line of lines) expect([line, rightLine(line.split(" "), known)]).toEqual([line, null]);
});
