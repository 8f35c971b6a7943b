// SPDX-License-Identifier: MIT
/** A camera, and as many others beside it as one wants: a wall. */
import { useState } from "preact/hooks";
import { Icon } from "../../view/icon.tsx";
import { useAsked } from "../asking.ts";
import { nameOf, type ViewProps } from "../kinds.ts";
import { listCameras, Tile } from "./tile.tsx";

/** Pictures that a usual machine decodes at once. */
const wallMax = 9;

export const CameraView = ({ access, server, service }: ViewProps) => {
  const [wall, setWall] = useState([{ service: service.name, name: service.displayName || nameOf(server) }]);
  const cameras = useAsked(`cameras ${access.secret ?? ""}`, (signal) => listCameras(access, signal), true);
  const others =
    cameras.is === "had"
      ? cameras.value.flatMap((device) =>
          device.services
            .filter(
              ({ protocol, name }) => protocol === "camera" && wall.every((one) => one.service !== name),
            )
            .map(({ name, displayName }) => ({ service: name, name: displayName || nameOf(device) })),
        )
      : [];
  return (
    <>
      <div class={`camera-wall${wall.length > 1 ? " many" : ""}`}>
        {wall.map((one) => (
          <Tile
            key={one.service}
            access={access}
            {...one}
            {...(wall.length > 1
              ? {
                  take: () => setWall((before) => before.filter(({ service: name }) => name !== one.service)),
                }
              : {})}
          />
        ))}
      </div>
      {others.length > 0 && wall.length < wallMax && (
        <section class="more-cameras" aria-labelledby="more-cameras">
          <h2 id="more-cameras">Beside it</h2>
          <div class="row">
            {others.map((one) => (
              <button
                key={one.service}
                type="button"
                class="small-button"
                onClick={() => setWall((before) => [...before, one])}
              >
                <Icon name="camera" />
                {one.name}
              </button>
            ))}
          </div>
        </section>
      )}
    </>
  );
};
