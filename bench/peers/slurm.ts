import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Times Slurm's controller with hosts that exist only in its configuration. Jobs are placed on
 * `CLOUD` nodes before these start, so jobs get their cores and GPUs and wait for a host that never
 * comes. All files are in a temporary folder and all sockets on loopback.
 *
 * Slurm places GPUs, cores near them and an amount of memory. It knows no huge pages, no memory
 * nodes and no NICs, and does not choose among hosts by their loss.
 *
 * @returns CPU milliseconds of the controller for each of some thousand one-GPU jobs that fill half
 *   of the GPUs; null, with a line that says why, where Slurm is missing.
 */
export async function slurmPlacementMs(hosts: number): Promise<number | null> {
  // Without a configuration its clients do not even print their version.
  const isThere = existsSync(controller) && spawnSync("sbatch").error === undefined;
  if (!isThere) {
    console.error(
      "Slurm is not installed, so it is not in this run: " +
        "apt-get install --no-install-recommends slurmctld slurm-client",
    );
    return null;
  }
  const folder = mkdtempSync(join(tmpdir(), "evenkeel-slurm-"));
  const conf = join(folder, "slurm.conf");
  writeFileSync(conf, configuration(folder, hosts, await freePort()));
  writeFileSync(join(folder, "gres.conf"), devices(hosts));
  const job = join(folder, "job.sh");
  writeFileSync(job, "#!/bin/sh\nsleep 1000000\n");
  const env = { ...process.env, SLURM_CONF: conf };
  const child = spawn(controller, ["-D", "-f", conf], { env, stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    return await placed(child, (command, ...args) => ran(env, folder, command, args), hosts, job);
  } finally {
    child.kill("SIGTERM");
    const killing = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(killing);
    rmSync(folder, { recursive: true, force: true });
  }
}

const controller = "/usr/sbin/slurmctld";
const fillMsMax = 120_000;

async function placed(
  child: ChildProcess,
  run: (command: string, ...args: string[]) => string | null,
  hosts: number,
  job: string,
): Promise<number | null> {
  for (let tries = 0; run("sinfo", "-h") === null; tries++) {
    if (tries > 60 || child.exitCode !== null) return failed("its controller does not answer");
    await sleep(500);
  }
  const jobs = 4 * hosts;
  const before = cpuMs(child);
  const wanted = ["-N1", "-n1", "-c12", "--gres=gpu:1", "--gres-flags=enforce-binding"];
  if (run("sbatch", `--array=1-${jobs}`, ...wanted, "--mem=96G", job) === null) {
    return failed("it does not take the jobs");
  }
  for (let waited = 0; waited < fillMsMax; waited += 1000) {
    await sleep(1000);
    const states = run("squeue", "-h", "-r", "-t", "CF,R", "-o", "%t") ?? "";
    if (states.split("\n").length > jobs) return (cpuMs(child) - before) / jobs;
  }
  return failed(`it has not placed ${jobs} jobs after ${fillMsMax / 1000} s`);
}

function failed(why: string): null {
  console.error(`Slurm is not in this run: ${why}`);
  return null;
}

function ran(
  env: NodeJS.ProcessEnv,
  cwd: string,
  command: string,
  args: readonly string[],
): string | null {
  const options = { env, cwd, encoding: "utf8", timeout: 60_000, maxBuffer: 1 << 26 } as const;
  const { status, stdout } = spawnSync(command, args, options);
  return status === 0 ? stdout : null;
}

/** Fields 14 and 15 of proc_pid_stat(5), in ticks of a hundredth of a second. */
function cpuMs({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}

function configuration(folder: string, hosts: number, port: number): string {
  const scheduling =
    "sched_interval=1,sched_min_interval=0,batch_sched_delay=0,defer,max_sched_time=50," +
    "default_queue_depth=20000,partition_job_depth=20000,sched_max_job_start=0";
  return [
    "ClusterName=bench",
    "SlurmctldHost=localhost(127.0.0.1)",
    `SlurmctldPort=${port}`,
    `SlurmUser=${userInfo().username}`,
    "AuthType=auth/none",
    "CredType=cred/none",
    "MpiDefault=none",
    "ProctrackType=proctrack/linuxproc",
    "SwitchType=switch/none",
    "TaskPlugin=task/none",
    "AccountingStorageType=accounting_storage/none",
    "JobAcctGatherType=jobacct_gather/none",
    `SlurmctldPidFile=${join(folder, "controller.pid")}`,
    `SlurmctldLogFile=${join(folder, "controller.log")}`,
    `StateSaveLocation=${folder}`,
    `SlurmdSpoolDir=${join(folder, "spool-%n")}`,
    "MessageTimeout=100",
    "MaxJobCount=200000",
    "MaxArraySize=100001",
    "SchedulerType=sched/builtin",
    `SchedulerParameters=${scheduling}`,
    "SelectType=select/cons_tres",
    "SelectTypeParameters=CR_Core_Memory",
    "SuspendProgram=/bin/true",
    "ResumeProgram=/bin/true",
    "SuspendTime=1000000",
    "ResumeTimeout=60000",
    "ResumeRate=0",
    "SuspendRate=0",
    "GresTypes=gpu",
    `NodeName=n[1-${hosts}] Boards=1 SocketsPerBoard=2 CoresPerSocket=56 ThreadsPerCore=2 ` +
      "RealMemory=1572864 Gres=gpu:8 State=CLOUD",
    "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP",
    "",
  ].join("\n");
}

/** Four GPUs at each socket's cores. */
function devices(hosts: number): string {
  const of = (files: string, cores: string): string =>
    `NodeName=n[1-${hosts}] Name=gpu File=/dev/nvidia[${files}] Cores=${cores}\n`;
  return `AutoDetect=off\n${of("0-3", "0-55")}${of("4-7", "56-111")}`;
}
