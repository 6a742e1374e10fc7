import { expect, test } from "vitest";
import { startQemu, whyNoQemu } from "../../testing/qemu.ts";
import { withMonitor } from "./client.ts";
import { type Monitor, Refused } from "./monitor.ts";
import { readMonitor } from "./read.ts";
import { together } from "./together.ts";

test.skipIf(whyNoQemu !== null)(
  "a running QEMU tells of its processor and its balloon",
  async () => {
    const words = "-smp 4,sockets=1,cores=2,threads=2 -m 256 -device virtio-balloon-pci";
    const { socket } = await startQemu([...words.split(" "), "-cpu", "Haswell"]);
    const { shape } = await withMonitor(socket, readMonitor);
    // Whether it tells of the one die depends on the release.
    expect(shape.cpu).toMatchObject({
      vcpus: 4,
      model: "Haswell",
      sockets: 1,
      cores: 2,
      threads: 2,
      features: [],
    });
    expect(shape.balloon).toEqual({ actualBytes: 2 ** 28, maxBytes: 2 ** 28 });
  },
);

/** A monitor that knows these answers, by command, path and property, and refuses the rest. */
function monitorOf(answers: Readonly<Record<string, unknown>>): Monitor {
  return {
    where: "QMP",
    ask: (command, args = {}) => {
      const key = [command, ...Object.values(args)].join(" ");
      const answer = answers[key];
      return answer === undefined ? Promise.reject(new Refused(key)) : Promise.resolve(answer);
    },
  };
}

const device = "/machine/peripheral/hostdev0";
const port = "/machine/peripheral/pci.2";
const answers = {
  "query-cpus-fast": [{ "cpu-index": 0, "thread-id": 7, "qom-path": "/c", props: {} }],
  "query-iothreads": [],
  "query-memdev": [],
  "human-monitor-command info ramblock": "",
  "qom-get /c type": "host-x86_64-cpu",
  "qom-list /machine/peripheral": [
    { name: "hostdev0", type: "child<vfio-pci>" },
    { name: "pci.2", type: "child<pcie-root-port>" },
  ],
  "qom-list /machine/peripheral-anon": [],
  [`qom-get ${device} host`]: "0000:1b:00.0",
  [`qom-get ${device} parent_bus`]: `${port}/pci.2`,
  [`qom-get ${port} parent_bus`]: "/machine/q35/pcie.0",
  [`qom-get ${port} x-speed`]: "2_5",
  [`qom-get ${port} x-width`]: "16",
};

test("a passed-through device is told what the port above it says of its link", async () => {
  const { shape } = await readMonitor(monitorOf(answers));
  expect(shape.devices).toMatchObject([
    { hostAddress: "0000:1b:00.0", portSpeedGTs: 2.5, portWidth: 16 },
  ]);
  expect(shape.cpu).toMatchObject({ vcpus: 1, model: "host", threads: null });
  expect(shape.balloon).toBeNull();
});

test("what does not depend on other answers is asked at the same time", async () => {
  const expander = "/machine/peripheral/pci.1";
  const { ask } = monitorOf({
    ...answers,
    "query-memdev": [{ id: "ram-node0", size: 2 ** 28 }],
    [`qom-get ${port} parent_bus`]: "/machine/pcie.1-bridge/pci.1",
    [`qom-get ${expander} numa_node`]: 1,
  });
  let runs = 0;
  const answer = together(
    (questions) => {
      runs++;
      const known = questions.map(async (question) => {
        const { command, args } = JSON.parse(question);
        return ask(command, args).then(
          (value) => JSON.stringify({ value }),
          () => "{}",
        );
      });
      return Promise.all(known);
    },
    { characters: 65_536, questions: 256 },
  );
  const { shape } = await readMonitor({
    where: "QMP",
    ask: async (command, args) => {
      const told = JSON.parse(await answer(JSON.stringify({ command, args })));
      if ("value" in told) return told.value;
      throw new Refused(command);
    },
  });
  expect(shape.devices).toMatchObject([{ above: ["pci.2", "pci.1"], cell: 1, portWidth: 16 }]);
  // The tree above the device is five levels of questions; nothing else takes a run of its own.
  expect(runs).toBe(5);
});
