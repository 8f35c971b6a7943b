// SPDX-License-Identifier: MIT
/** Line icons on a 24 grid. Always decoration: whoever uses one says in words what it stands for. */
const shapes = {
  mic: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3ZM6 11a6 6 0 0 0 12 0M12 17v4",
  "mic-off":
    "M9 9v2a3 3 0 0 0 4.6 2.5M15 11V6a3 3 0 0 0-5.8-1M6 11a6 6 0 0 0 9.5 4.9M18 11a6 6 0 0 1-.4 2.1M12 17v4M4 4l16 16",
  camera: "M4 7h9a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2ZM15 11l6-3v8l-6-3",
  "camera-off":
    "M9.5 7H13a2 2 0 0 1 2 2v3.5M15 15a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2h.5M15 11l6-3v8l-4.5-2.2M4 4l16 16",
  "hang-up": "M3 13c5-4.7 13-4.7 18 0l-1.5 3-4.5-1.5V12c-2-.6-4-.6-6 0v2.5L4.5 16 3 13Z",
  phone:
    "M5 4h4l1.5 5-2.5 1.5a12 12 0 0 0 5.5 5.5l1.5-2.5 5 1.5v4a1 1 0 0 1-1 1C11 20 4 13 4 5a1 1 0 0 1 1-1Z",
  chat: "M4 5h16v11H9l-5 4V5ZM8 9h8M8 12h5",
  file: "M6 3h8l4 4v14H6V3ZM14 3v4h4",
  folder: "M3 6h6l2 2h10v11H3V6Z",
  clip: "M20 11.5 12 19.4a5 5 0 0 1-7-7L13 4.5a3.3 3.3 0 0 1 4.7 4.7L10 16.9a1.7 1.7 0 0 1-2.4-2.4l7-7",
  share: "M12 15V4M8 8l4-4 4 4M5 12v8h14v-8",
  copy: "M9 9h11v11H9V9ZM5 15H4V4h11v1",
  edit: "M4 20l1-4L16 5l3 3L8 19l-4 1ZM14 7l3 3",
  leave: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  close: "M6 6l12 12M18 6 6 18",
  check: "M5 12.5 10 17.5 19 7",
  download: "M12 4v11M8 11l4 4 4-4M5 20h14",
  send: "M4 12 20 5l-5 15-3-6-8-2Z",
  alert: "M12 4 22 20H2L12 4ZM12 10v4M12 17v.5",
  gauge: "M4 17a8.5 8.5 0 1 1 16 0M12 15l4-5M12 15v.5M8 20h8",
  aperture: "M4 8h3l2-3h6l2 3h3v11H4V8ZM12 10a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4",
  pause: "M8 5v14M16 5v14",
  play: "M8 5l11 7-11 7V5Z",
  expand: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
} as const;

export type IconName = keyof typeof shapes;

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={shapes[name]} />
  </svg>
);
