import { render } from "preact";
import { App } from "./app/App";
import { boot } from "./app/start";
import { tellError } from "./app/state";
import "./ui/theme.css";
import "./ui/layout.css";
import "./ui/controls.css";

render(<App />, document.getElementById("app")!);
boot().catch(tellError);
