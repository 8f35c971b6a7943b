// SPDX-License-Identifier: MIT
/** Pictures that were taken, to look at and to keep. */

export interface Taken {
  /** A blob: address. */
  readonly href: string;
  readonly mediaType: string;
  /** Milliseconds since the epoch, by the camera's clock. */
  readonly at: number;
}

const fileName = (label: string, { at, mediaType }: Taken): string =>
  `${label} ${new Date(at).toISOString().replaceAll(":", "-")}.${mediaType.replace(/^image\//, "").replace("jpeg", "jpg")}`;

export const SnapshotList = ({
  taken,
  label,
}: {
  readonly taken: readonly Taken[];
  readonly label: string;
}) =>
  taken.length === 0 ? null : (
    <ul class="snapshots" aria-label="Snapshots">
      {taken.map((one) => {
        const words = `Snapshot of ${new Date(one.at).toLocaleTimeString()}`;
        return (
          <li key={one.href}>
            <a href={one.href} download={fileName(label, one)} aria-label={`Save the ${words}`}>
              <img src={one.href} alt={words} />
            </a>
          </li>
        );
      })}
    </ul>
  );
