import { render } from "preact";
import { App } from "./app/App";
import { exposeHandle } from "./app/handle";
import { boot } from "./app/start";
import { tellError } from "./app/state";
import "./ui/theme.css";
import "./ui/layout.css";
import "./ui/controls.css";

exposeHandle();
render(<App />, document.getElementById("app")!);
boot().catch(tellError);
