// SPDX-License-Identifier: MIT
/** Every device that is listed, with its services: each leads to what shows it. */
import type { ServerView } from "@signalbox/client/peernet";
import { useRef } from "preact/hooks";
import { Icon } from "../view/icon.tsx";
import { SignalLamp } from "../view/signal-lamp.tsx";
import { kindOf, kinds, nameOf } from "./kinds.ts";
import { offerLink, roomLink, viewLink } from "./route.ts";

const Device = ({ server }: { readonly server: ServerView }) => (
  <li class="panel device" data-device={server.id}>
    <div class="device-head">
      <SignalLamp aspect={server.online ? "clear" : "caution"} />
      <div class="device-words">
        <h3>{nameOf(server)}</h3>
        <p class="aside">
          {server.room !== "" && <>in {server.room} · </>}
          {server.online ? "waiting" : "not there at the moment"}
        </p>
      </div>
    </div>
    <ul class="services">
      {server.services.map((service) => {
        const kind = kindOf(service.protocol);
        const words = service.displayName || kind?.name || service.protocol;
        return (
          <li key={service.name}>
            {kind === undefined ? (
              <span class="service service-unknown">
                {words} <span class="aside">this page cannot show it</span>
              </span>
            ) : (
              <a class="service side-button" href={viewLink(service.name)}>
                <Icon name={kind.icon} />
                {words}
              </a>
            )}
          </li>
        );
      })}
    </ul>
  </li>
);

export const DeviceList = ({
  servers,
  room,
}: {
  readonly servers: readonly ServerView[];
  readonly room: string | undefined;
}) => {
  const form = useRef<HTMLFormElement>(null);
  return (
    <>
      <section aria-labelledby="found-title" class="found">
        <h2 id="found-title" class="only-heard">
          {room === undefined ? "Listed devices" : `Devices in ${room}`}
        </h2>
        {servers.length === 0 ? (
          <p class="nobody" role="status">
            {room === undefined ? "No device is listed here yet." : `No device is in ${room}.`}
          </p>
        ) : (
          <ul class="device-list">
            {[...servers]
              .sort((one, other) => nameOf(one).localeCompare(nameOf(other)))
              .map((server) => (
                <Device key={server.id} server={server} />
              ))}
          </ul>
        )}
      </section>
      <aside class="devices-side">
        <form
          ref={form}
          class="panel room-form"
          onSubmit={(event) => {
            event.preventDefault();
            const typed = new FormData(event.currentTarget).get("room");
            window.location.hash = roomLink(typeof typed === "string" ? typed.trim() : "");
          }}
        >
          <label>
            Room <span class="aside">(unlisted ones are found by their name)</span>
            <input
              key={room ?? ""}
              name="room"
              defaultValue={room ?? ""}
              pattern="[a-z0-9\-]*"
              title="Lower-case letters, digits and hyphens"
              maxLength={63}
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              placeholder="All that are listed"
            />
          </label>
          <button type="submit" class="side-button">
            Look there
          </button>
        </form>
        {kinds.some(({ offer }) => offer !== undefined) && (
          <section class="panel offers" aria-labelledby="offers-title">
            <h2 id="offers-title">Be a device</h2>
            <ul>
              {kinds.map(
                ({ protocol, icon, offer }) =>
                  offer !== undefined && (
                    <li key={protocol}>
                      <a class="side-button" href={offerLink(protocol)}>
                        <Icon name={icon} />
                        {offer.label}
                      </a>
                    </li>
                  ),
              )}
            </ul>
          </section>
        )}
      </aside>
    </>
  );
};
