// SPDX-License-Identifier: MIT
/** The devices page: the list, one device, or being one. */
import { find, getServer } from "@signalbox/client/peernet";
import { useState } from "preact/hooks";
import { type Access, firstAccess, rememberSecret } from "./access.ts";
import { type Asked, useAsked } from "./asking.ts";
import { kindOf, nameOf } from "./kinds.ts";
import { DeviceList } from "./list.tsx";
import { type Route, useRoute } from "./route.ts";
import { Refused, SecretForm, Shell } from "./shell.tsx";

interface PartProps {
  readonly access: Access;
  readonly give: (secret: string) => void;
}

/** What stands in for an answer that is not there: nothing yet, a question for the password, or why not. */
const Instead = ({ asked, access, give }: PartProps & { readonly asked: Asked<unknown> }) => {
  if (asked.is !== "refused") return <p role="status">Looking…</p>;
  if (asked.error.reason === "UNAUTHORIZED")
    return <SecretForm wrong={access.secret !== undefined} give={give} />;
  return <Refused error={asked.error} />;
};

const List = ({ room, access, give }: PartProps & { readonly room: string | undefined }) => {
  const asked = useAsked(
    `${room ?? ""} ${access.secret ?? ""}`,
    (signal) => find({ ...access, signal, ...(room === undefined ? {} : { room }) }),
    true,
  );
  return (
    <Shell title={room === undefined ? "Devices" : `Devices in ${room}`}>
      {asked.is === "had" ? (
        <DeviceList servers={asked.value} room={room} />
      ) : asked.is === "refused" && asked.error.reason === "NOT_FOUND" ? (
        <DeviceList servers={[]} room={room} />
      ) : (
        <Instead asked={asked} access={access} give={give} />
      )}
    </Shell>
  );
};

const View = ({ name, access, give }: PartProps & { readonly name: string }) => {
  const [, id = "", , serviceId = ""] = name.split("/");
  const asked = useAsked(
    `${name} ${access.secret ?? ""}`,
    (signal) => getServer({ ...access, server: id, signal }),
    false,
  );
  if (asked.is !== "had")
    return (
      <Shell title={id} back>
        <Instead asked={asked} access={access} give={give} />
      </Shell>
    );
  const server = asked.value;
  const service = server.services.find((one) => one.name === name);
  const kind = service === undefined ? undefined : kindOf(service.protocol);
  return (
    <Shell title={nameOf(server)} back>
      {service === undefined || kind === undefined ? (
        <Refused error={new Error(`This page has nothing to show ${serviceId} with.`)} />
      ) : (
        <kind.View access={access} server={server} service={service} />
      )}
    </Shell>
  );
};

const Offer = ({ protocol, access }: { readonly protocol: string; readonly access: Access }) => {
  const offer = kindOf(protocol)?.offer;
  return (
    <Shell title={offer?.label ?? "Devices"} back>
      {offer === undefined ? (
        <Refused error={new Error("This page cannot be such a device.")} />
      ) : (
        <offer.Offer access={access} />
      )}
    </Shell>
  );
};

const Part = ({ route, access, give }: PartProps & { readonly route: Route }) => {
  switch (route.at) {
    case "list":
      return <List key={route.room} room={route.room} access={access} give={give} />;
    case "view":
      return <View key={route.service} name={route.service} access={access} give={give} />;
    case "offer":
      return <Offer key={route.protocol} protocol={route.protocol} access={access} />;
  }
};

export const DevicesPage = () => {
  const [access, setAccess] = useState<Access>(firstAccess);
  const give = (secret: string): void => {
    rememberSecret(secret);
    setAccess(({ url }) => ({ url, secret }));
  };
  return <Part route={useRoute()} access={access} give={give} />;
};
