import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("the licence of each package that the page holds goes along with it", () => {
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };
  const told = readFileSync("public/third-party.txt", "utf8");
  for (const name of Object.keys(dependencies)) expect(told).toContain(`\n${name}\n`);
});
