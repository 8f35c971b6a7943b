// SPDX-License-Identifier: MIT
/** What every page that is a device shows: under which name, in which room, and how it stands. */
import type { ComponentChildren } from "preact";
import { viewLink } from "./route.ts";
import type { Being, Place } from "./serving.ts";
import { Refused } from "./shell.tsx";

/** Asks for the name and the room. */
export const PlaceForm = ({
  suggestion,
  starting,
  start,
  children,
}: {
  readonly suggestion: string;
  readonly starting: boolean;
  readonly start: (place: Place, form: FormData) => void;
  readonly children?: ComponentChildren;
}) => (
  <form
    class="panel place-form"
    onSubmit={(event) => {
      event.preventDefault();
      const form = new FormData(event.currentTarget);
      const text = (name: string): string => {
        const value = form.get(name);
        return typeof value === "string" ? value.trim() : "";
      };
      start({ name: text("name"), room: text("room") }, form);
    }}
  >
    <label>
      Name
      <input name="name" defaultValue={suggestion} required maxLength={64} autocomplete="off" />
    </label>
    <label>
      Room <span class="aside">(left empty, it is in none)</span>
      <input
        name="room"
        pattern="[a-z0-9\-]*"
        title="Lower-case letters, digits and hyphens"
        maxLength={63}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
      />
    </label>
    {children}
    <button type="submit" class="main-button" aria-disabled={starting}>
      {starting ? "Starting…" : "Start"}
    </button>
  </form>
);

/** How it stands, where there is more to say than that it does. */
export const Standing = ({ being, service }: { readonly being: Being; readonly service: string }) => {
  switch (being.is) {
    case "listed":
      return (
        <div class="standing">
          <p class={`notice${being.offline ? " caution" : ""}`} role="status">
            {being.offline
              ? "The server cannot be reached. It is tried again by itself; who is connected stays so."
              : "Others find it in the list of devices, as long as this page is open."}
          </p>
          <a
            class="small-button"
            href={viewLink(`servers/${being.id}/services/${service}`)}
            target="_blank"
            rel="noreferrer"
          >
            Its own address
          </a>
        </div>
      );
    case "over":
      return <Refused error={being.error} />;
    default:
      return null;
  }
};
