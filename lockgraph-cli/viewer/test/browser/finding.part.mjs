// A finding: the circle, the columns, the schedule step by step, conditions, help, copying.

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { check } from "./check.mjs";
import { focused, hash, text, texts, until, untilLike, untilSo } from "./chromium.mjs";
import { BANK, CACHE, PHILOSOPHERS, POOL, file, sampled } from "./pages.mjs";

const bank = { hash: `#/finding/${BANK}` };

const PARTS = [
  [PHILOSOPHERS, ["Who waits for whom", "What each thread did", "Why it can happen", "The way out", "How sure it is: actual", "Where it was seen", "More"]],
  [BANK, ["Who can come to wait for whom", "What each thread did", "How it comes about", "Why it can happen", "The way out", "How sure it is: proved", "Where it was seen", "More"]],
  [CACHE, null],
  [POOL, null],
];

for (const [id, wanted] of PARTS) {
  check(`the parts of ${id}`, { hash: `#/finding/${id}` }, async (page) => {
    const finding = sampled().findings.find((it) => it.id === id);
    const titles = await texts(page, "main h2");
    if (wanted) assert.deepEqual(titles, wanted);
    // What a finding does not have is no empty part of the page.
    assert.equal(titles.includes("How it comes about"), finding.schedule !== null);
    assert.equal(titles.includes("What each thread did"), finding.columns.length > 0);
    assert.equal(titles.includes("Why it can happen"), finding.conditions.length > 0);
    await until(() => text(page, ".badge"), finding.verdict);
  });
}

const EDGES = [
  ["tests::transfers waits for Bank::new.audit", "thread tests::transfers wants Bank::new.audit src/bank.rs:20:36", 0],
  ["Bank::new.accounts held by tests::transfers", "thread tests::transfers holds Bank::new.accounts src/bank.rs:18:42", 0],
  ["tests::reviews waits for Bank::new.accounts", "thread tests::reviews wants Bank::new.accounts src/bank.rs:26:26", 1],
];

for (const [name, said, column] of EDGES) {
  for (const by of ["mouse", "Enter", " "]) {
    check(`the arrow "${name}" by ${by === " " ? "the space bar" : by}`, bank, async (page) => {
      const edge = page.getByRole("button", { name });
      if (by === "mouse") await edge.locator(".hit").click({ force: true });
      else await edge.press(by);
      await until(() => edge.getAttribute("aria-pressed"), "true");
      await untilSo(() => text(page, ".chosen-edge"), (it) => it.startsWith(said));
      await until(() => page.locator(".chosen-edge .source li.marked").count(), 1);
      await until(() => page.locator(".columns .column").evaluateAll((all) => all.map((it) => it.classList.contains("chosen"))), [column === 0, column === 1]);
      await edge.press("Enter");
      await until(() => text(page, ".chosen-edge"), "Choose an arrow to see the line of code that it comes from.");
    });
  }
}

check("side by side: steps in order, the source, what a call takes, the stack with own frames first", bank, async (page) => {
  await until(() => texts(page, ".column:nth-child(2) .does"), ["took Bank::new.audit", "also holds LEDGER", "wants Bank::new.accounts"]);
  await until(() => texts(page, ".column:nth-child(2) .where p"), ["at src/bank.rs:25:32", "at src/ledger.rs:7:12", "at src/bank.rs:26:26", "which takes it at src/bank.rs:31:23"]);
  await until(() => texts(page, ".column:nth-child(2) .source li.marked mark"), ["lock", "total", "lock"]);
  const [one, two] = [await page.locator(".column").nth(0).boundingBox(), await page.locator(".column").nth(1).boundingBox()];
  assert.ok(one.y === two.y && one.x + one.width <= two.x, "the columns are not side by side");
  await page.locator(".column:nth-child(2) .stack > summary").click();
  const frames = sampled().findings.find((it) => it.id === BANK).columns[1].stack;
  const own = frames.filter((it) => it.is_own).map((it) => it.function);
  await until(() => texts(page, ".column:nth-child(2) .stack > ol code"), own);
  await page.locator(".column:nth-child(2) .stack details > summary").click();
  await until(() => page.locator(".column:nth-child(2) .stack details li").count(), frames.length - own.length);
});

// After so many steps: what is told, who holds what.
const STEPS = [
  [0, "Before the first of 9 steps", "At the beginning", ["holds nothing", "holds nothing", "holds nothing"]],
  [1, "Step 1 of 9", "After step 1", ["holds nothing", "holds nothing", "holds nothing"]],
  [3, "Step 3 of 9", "After step 3", ["holds nothing", "holds LEDGER", "holds nothing"]],
  [4, "Step 4 of 9", "After step 4", ["holds nothing", "holds nothing", "holds nothing"]],
  [7, "Step 7 of 9", "After step 7", ["holds nothing", "holds Bank::new.accounts", "holds LEDGER, Bank::new.audit"]],
  [8, "Step 8 of 9", "After step 8", ["holds nothing", "holds Bank::new.accounts", "holds LEDGER, Bank::new.audit; wants Bank::new.accounts, which thread tests::transfers has"]],
  [9, "Step 9 of 9", "At the end", ["holds nothing", "holds Bank::new.accounts; wants Bank::new.audit, which thread tests::reviews has", "holds LEDGER, Bank::new.audit; wants Bank::new.accounts, which thread tests::transfers has"]],
];

async function stands(page, [at, label, title, now]) {
  await until(() => text(page, ".schedule .stepper span"), label);
  await until(() => text(page, ".standing.on-screen h3"), title);
  await until(() => texts(page, ".standing.on-screen dd"), now);
  await until(() => page.locator(".schedule tr.done").count(), Math.max(0, at - 1));
  await until(() => page.locator(".schedule tr[aria-current=step]").count(), at === 0 ? 0 : 1);
}

check("the schedule, stepped with the arrow keys", bank, async (page) => {
  await page.locator(".schedule .rows").focus();
  let at = 0;
  for (const step of STEPS) {
    for (; at < step[0]; at++) await page.keyboard.press("ArrowRight");
    await stands(page, step);
  }
  await until(() => text(page, ".standing.on-screen .stuck"), "The waits are a circle: none of them ends.");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowLeft");
  await stands(page, STEPS[5]);
  await page.keyboard.press("Home");
  await stands(page, STEPS[0]);
  await page.keyboard.press("End");
  await stands(page, STEPS[6]);
});

check("the schedule, stepped with the buttons and by its rows", bank, async (page) => {
  const button = (name) => page.locator(".schedule").getByRole("button", { name, exact: true });
  await until(() => button("Back").getAttribute("aria-disabled"), "true");
  await button("Next").click();
  await stands(page, STEPS[1]);
  await button("To the end").click();
  await stands(page, STEPS[6]);
  await until(() => button("Next").getAttribute("aria-disabled"), "true");
  await button("Back").click();
  await stands(page, STEPS[5]);
  await page.locator(".schedule tbody tr").nth(2).click();
  await stands(page, STEPS[2]);
  await button("To the beginning").click();
  await stands(page, STEPS[0]);
});

check("a step is told to who does not see it, and its row is in sight", bank, async (page) => {
  await page.locator(".schedule .rows").focus();
  await page.keyboard.press("End");
  await until(
    () => page.locator(".schedule > [aria-live]").innerText(),
    "Step 9: thread tests::transfers wants Bank::new.audit. Now thread main holds nothing. thread tests::transfers holds Bank::new.accounts; wants Bank::new.audit, which thread tests::reviews has. thread tests::reviews holds LEDGER, Bank::new.audit; wants Bank::new.accounts, which thread tests::transfers has.",
  );
  const places = async () => [await page.locator(".schedule .rows").boundingBox(), await page.locator(".schedule tr.now").boundingBox()];
  await untilSo(places, ([rows, now]) => now.y >= rows.y && now.y + now.height <= rows.y + rows.height + 1);
});

check("the four conditions, and the one to break", bank, async (page) => {
  await until(() => texts(page, ".condition h3"), ["mutual exclusion", "hold and wait easiest to break here", "no preemption", "circular wait"]);
  await until(() => text(page, ".condition.easiest li"), "thread tests::transfers keeps Bank::new.accounts, taken at bank.rs:18:42, while it waits for Bank::new.audit at bank.rs:20:36");
  await until(() => text(page, ".way-out"), "This breaks hold and wait: Drop Bank::new.audit before bank.rs:26:26 takes Bank::new.accounts Or: take Bank::new.accounts before Bank::new.audit everywhere, as bank.rs:20:36 does use try_lock at bank.rs:26:26, and on failure drop both and begin again");
});

check("the verdict: why, and what it means", bank, async (page) => {
  const part = page.locator("section:has(#part-verdict)");
  await untilLike(() => part.innerText(), /The schedule below is made of recorded steps only; it is not actual, because this run went well/);
  const help = sampled().help.proved;
  assert.equal(await part.locator(".help-text").isVisible(), false);
  await part.locator("summary").click();
  await until(() => part.locator(".help-text > *").count(), help.paragraphs.length);
  await page.getByText("What a lock-order-cycle is").click();
  await until(() => page.locator("section:has(#part-more) .help-text").isVisible(), true);
});

check("where it was seen", bank, async (page) => {
  await until(() => text(page, ".seen"), "Tests tests::reviews tests::transfers With less certainty in tests::month_end 2 traces a.lgt b.lgt Fingerprint 5b02c77d1e0f4a91: the same for as long as the code is.");
});

const COPIES = [
  ["Copy as Markdown", "Copied: as Markdown", () => sampled().findings.find((it) => it.id === BANK).markdown],
  ["Copy terminal text", "Copied: terminal text", () => sampled().findings.find((it) => it.id === BANK).text],
  ["Copy link", "Copied: link", async () => `${pathToFileURL(await file("sample")).href}#/finding/${BANK}`],
];

// In one test: there is one clipboard.
check("what is copied is on the clipboard", { ...bank, permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
  for (const [name, said, wanted] of COPIES) {
    await page.getByRole("button", { name }).click();
    await until(() => text(page, ".copy [role=status]"), said);
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await wanted());
  }
});

check("where the clipboard is closed, the text is shown to be copied", bank, async (page) => {
  await page.evaluate(() => {
    Object.defineProperty(navigator, "clipboard", { value: { writeText: () => Promise.reject(new Error("closed")) } });
    document.execCommand = () => false;
  });
  await page.getByRole("button", { name: "Copy as Markdown" }).click();
  await until(() => page.getByLabel("What to copy").inputValue(), sampled().findings.find((it) => it.id === BANK).markdown);
});

check("keys: to the next finding, the one before, to who waits for whom, to the list", { hash: `#/finding/${PHILOSOPHERS}` }, async (page) => {
  for (const [key, at] of [["j", BANK], ["j", POOL], ["k", BANK], ["w", BANK], ["K", PHILOSOPHERS], ["J", BANK], ["k", PHILOSOPHERS], ["W", `${PHILOSOPHERS}/waits`]]) {
    await page.keyboard.press(key);
    await until(() => hash(page), `#/finding/${at}`);
  }
  await until(() => focused(page), "Why nobody can free them");
  await page.keyboard.press("U");
  await until(() => hash(page), "#/findings");
});

// As whoever types ahead does: all keys in one turn of the page's loop, then the way back.
check("a key is heard where the one before led", { hash: `#/finding/${PHILOSOPHERS}` }, async (page) => {
  const typed = await page.evaluate(async (keys) => {
    const places = [];
    for (const key of keys) {
      dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      await null;
      await null;
      places.push(location.hash);
    }
    return places;
  }, ["j", "j", "k", "k", "w", "u"]);
  const findings = [BANK, POOL, BANK, PHILOSOPHERS, `${PHILOSOPHERS}/waits`].map((at) => `#/finding/${at}`);
  assert.deepEqual(typed, [...findings, "#/findings"]);
  for (const at of findings.reverse()) {
    await page.goBack();
    await until(() => hash(page), at);
  }
});
