// SPDX-License-Identifier: MIT
import { render } from "preact";
import { createDesk } from "./desk/desk.ts";
import { refuseMissedDrops } from "./missed-drops.ts";
import { useStore } from "./store.ts";
import { Page } from "./view/page.tsx";

const { store, actions } = createDesk();

const Whole = () => <Page state={useStore(store)} actions={actions} />;

refuseMissedDrops();

const place = document.getElementById("page");
if (place !== null) render(<Whole />, place);
