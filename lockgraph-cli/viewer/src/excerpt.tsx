// A place with the lines of source around it, as far as the page has them.

import { Source } from "./finding/source";
import type { Page, Place } from "./model";
import { At } from "./text";

export function Excerpt({ page, place }: { page: Page; place: Place | null }) {
  if (place === null) return <p class="soft">The place is not known.</p>;
  return (
    <div class="excerpt">
      <At place={place} />
      <Source sources={page.sources} at={place} />
    </div>
  );
}
