import { Empty } from "../ui/panel";

export function Panel() {
  return <Empty>Open a scan.</Empty>;
}
