// SPDX-License-Identifier: MIT
/** Keeps the screen of a phone lit while a call with pictures stands: where it goes dark, the camera stops. */
export const createAwake = (): ((awake: boolean) => void) => {
  let wanted = false;
  let lock: WakeLockSentinel | undefined;
  const take = async (): Promise<void> => {
    if (!("wakeLock" in navigator) || lock !== undefined || document.visibilityState !== "visible") return;
    try {
      const taken = await navigator.wakeLock.request("screen");
      if (!wanted) return void (await taken.release());
      lock = taken;
      // The browser takes it back by itself when the page is hidden.
      taken.addEventListener("release", () => {
        lock = undefined;
      });
    } catch {
      // Refused, for instance to save the battery: the screen does as the phone is set.
    }
  };
  document.addEventListener("visibilitychange", () => {
    if (wanted) void take();
  });
  return (awake) => {
    if (awake === wanted) return;
    wanted = awake;
    if (awake) void take();
    else void lock?.release();
  };
};
