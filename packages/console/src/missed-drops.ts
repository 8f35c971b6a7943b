// SPDX-License-Identifier: MIT
/** A file that is let go beside the place for it: browsers would open it in place of the page, and end its calls. */
export const refuseMissedDrops = (): void => {
  const refuse = (event: DragEvent): void => {
    if (event.defaultPrevented || event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  };
  addEventListener("dragover", refuse);
  addEventListener("drop", refuse);
};
