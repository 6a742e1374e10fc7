import { expect, test } from "vitest";
import { systemFamily } from "./os-release.ts";

test("a distribution is of its own family, or of the one that it is like", () => {
  const families: readonly (readonly [string | null, "debian" | "fedora" | null])[] = [
    [
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nID=debian\n',
      "debian",
    ],
    ["ID=ubuntu\n", "debian"],
    ['NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n', "debian"],
    ["ID=raspbian\nID_LIKE='debian'\n", "debian"],
    ["ID=fedora\nVERSION_ID=43\n", "fedora"],
    ['NAME="Red Hat Enterprise Linux"\nID="rhel"\n', "fedora"],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"', "fedora"],
    ['ID="amzn"\nID_LIKE="fedora"\n', "fedora"],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', null],
    ["ID=arch\nVARIANT_ID=debian\nBUILD_ID=fedora\n", null],
    ["ID=debian-like\nNAME=debian\n", null],
    ["# ID=debian\nID=debian # or not\n", null],
    ["", null],
    [null, null],
  ];
  for (const [text, family] of families) expect([text, systemFamily(text)]).toEqual([text, family]);
});
