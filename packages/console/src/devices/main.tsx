// SPDX-License-Identifier: MIT
import { render } from "preact";
import { refuseMissedDrops } from "../missed-drops.ts";
import { DevicesPage } from "./page.tsx";

refuseMissedDrops();
const place = document.getElementById("page");
if (place !== null) render(<DevicesPage />, place);
