// SPDX-License-Identifier: MIT
import { render } from "preact";
import { DevicesPage } from "./page.tsx";

const place = document.getElementById("page");
if (place !== null) render(<DevicesPage />, place);
