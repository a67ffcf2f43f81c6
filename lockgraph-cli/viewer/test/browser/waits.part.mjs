// Who waits for whom, reduced round by round.

import { check } from "./check.mjs";
import { hash, text, texts, until } from "./chromium.mjs";
import { PHILOSOPHERS } from "./pages.mjs";

const at = `#/finding/${PHILOSOPHERS}/waits`;
const OPEN = Array(6).fill("open");
const STUCK = Array(6).fill("stuck");

// What is told at each step, and how the threads stand: five philosophers and main, clock, waiter, guest.
const ROUNDS = [
  ["All threads", "8 of 9 threads wait. Who is not blocked goes on, and may free others; step by step it turns out who is left.", [...OPEN, "runs", "open", "open"]],
  ["Round 1 of 2", "Thread waiter can go on, as thread clock runs", [...OPEN, "runs", "goes on now", "open"]],
  ["Round 2 of 2", "Thread guest can go on, as thread waiter can go on", [...OPEN, "runs", "goes on", "goes on now"]],
  [
    "Who is left",
    "6 threads are left, and nobody else can help: thread Hypatia waits for fork 4: thread Plato must give fork 4 back, but is stuck as well thread Plato waits for fork 5: thread Socrates must give fork 5 back, but is stuck as well thread Socrates waits for fork 1: thread Aristotle must give fork 1 back, but is stuck as well thread Aristotle waits for fork 2: thread Diogenes must give fork 2 back, but is stuck as well thread Diogenes waits for fork 3: thread Hypatia must give fork 3 back, but is stuck as well thread main waits for the end of thread Hypatia: thread Hypatia must end, but is stuck as well",
    [...STUCK, "runs", "goes on", "goes on"],
  ],
];

async function stands(page, step) {
  const [label, said, now] = ROUNDS[step];
  await until(() => text(page, ".stepper span"), label);
  await until(() => text(page, ".sentence.on-screen"), said);
  await until(() => texts(page, ".threads tbody td:last-child"), now);
  await until(() => page.locator("svg.snapshot .node.stuck").count(), now.filter((it) => it === "stuck").length);
  await until(() => page.locator("svg.snapshot .node.freed, svg.snapshot .node.freed-now").count(), now.filter((it) => it.startsWith("goes on")).length);
}

check("round by round with the buttons", { hash: at }, async (page) => {
  await stands(page, 0);
  for (let step = 1; step < ROUNDS.length; step++) {
    await page.getByRole("button", { name: "Next" }).click();
    await stands(page, step);
    await until(() => hash(page), `${at}?step=${step}`);
  }
  await until(() => page.getByRole("button", { name: "Next" }).getAttribute("aria-disabled"), "true");
  await page.getByRole("button", { name: "To the beginning" }).click();
  await stands(page, 0);
  await until(() => hash(page), at);
});

check("round by round with the keys", { hash: at }, async (page) => {
  await page.getByRole("button", { name: "Next" }).focus();
  await page.keyboard.press("ArrowRight");
  await stands(page, 1);
  await page.keyboard.press("End");
  await stands(page, 3);
  await page.keyboard.press("ArrowLeft");
  await stands(page, 2);
  await page.keyboard.press("Home");
  await stands(page, 0);
});

for (const step of [2, 3]) {
  check(`a link leads to step ${step}`, { hash: `${at}?step=${step}` }, async (page) => stands(page, step));
}

for (const [query, step] of [["999", 3], ["-3", 0], ["x", 0]]) {
  check(`a link to step ${query} leads to step ${step}`, { hash: `${at}?step=${query}` }, async (page) => stands(page, step));
}
