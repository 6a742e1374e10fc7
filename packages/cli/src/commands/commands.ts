import type { CliCommand } from "../command/command.ts";
import { adoptCommand } from "./adopt/command.ts";
import { capacityCommand } from "./capacity/command.ts";
import { completeCommand } from "./complete/command.ts";
import { completionCommand } from "./completion/command.ts";
import { consoleCommand } from "./console/command.ts";
import { demoCommand } from "./demo/command.ts";
import { doctorCommand } from "./doctor/command.ts";
import { evidenceCommand } from "./evidence/command.ts";
import { execWatchCommand } from "./exec-watch/command.ts";
import { execCommand } from "./exec/command.ts";
import { guestCommand } from "./guest/command.ts";
import { helpCommand } from "./help/command.ts";
import { placeCommand } from "./place/command.ts";
import { listCommand } from "./list/command.ts";
import { measureCommand } from "./measure/command.ts";
import { prepareCommand } from "./prepare/command.ts";
import { renderCommand } from "./render/command.ts";
import { runCommand } from "./run/command.ts";
import { schemaCommand } from "./schema/command.ts";
import { simulateCommand } from "./simulate/command.ts";
import { simulateTwinsCommand } from "./simulate-twins/command.ts";
import { snapshotCommand } from "./snapshot/command.ts";
import { stopCommand } from "./stop/command.ts";
import { topologyCommand } from "./topology/command.ts";
import { verifyCommand } from "./verify/command.ts";
import { versionCommand } from "./version/command.ts";
import { whyCommand } from "./why/command.ts";

/** All commands, in the order of the help. The code of a command is loaded when it runs. */
export const commands: readonly CliCommand[] = [
  topologyCommand,
  snapshotCommand,
  placeCommand,
  capacityCommand,
  prepareCommand,
  renderCommand,
  verifyCommand,
  whyCommand,
  doctorCommand,
  evidenceCommand,
  guestCommand,
  execCommand,
  runCommand,
  stopCommand,
  adoptCommand,
  listCommand,
  consoleCommand,
  measureCommand,
  simulateCommand,
  simulateTwinsCommand,
  demoCommand,
  schemaCommand,
  completionCommand,
  helpCommand,
  versionCommand,
  completeCommand,
  execWatchCommand,
];

/** The commands that appear in help, completion and suggestions. */
export const shownCommands: readonly CliCommand[] = commands.filter(
  ({ description }) => description.length > 0,
);
