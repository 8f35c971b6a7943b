// SPDX-License-Identifier: MIT
import { hasCapture } from "../desk/surroundings.ts";

/** Said where the browser gives no camera because the page came over plain http. */
export const SecureNotice = () =>
  hasCapture() ? null : (
    <p class="notice caution secure-notice">
      {window.isSecureContext ? (
        "This browser gives pages no camera or microphone. Calls can still be watched and heard, and chat and files work."
      ) : (
        <>
          This page came over http, so the browser gives it no camera or microphone: start the server with{" "}
          <code>--self-signed</code> and open its https address. Watching, chat and files work as it is.
        </>
      )}
    </p>
  );
