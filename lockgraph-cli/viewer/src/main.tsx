// Reads what the program wrote into the page and draws it.

import { render } from "preact";
import { App } from "./app";
import type { Page } from "./model";
import { unfoldForPaper } from "./paper";
import { startTheme } from "./theme";

const told = document.getElementById("page");
const root = document.getElementById("app");
if (told && root) {
  startTheme();
  unfoldForPaper();
  const page = JSON.parse(told.textContent) as Page;
  render(<App page={page} />, root);
}
