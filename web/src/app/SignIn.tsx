/** Who are you? Asked where the studio serves a database to several people. */

import { useSignal } from "@preact/signals";
import { post, session } from "../api/client";
import type { Session } from "../api/types";
import { Button, TextField } from "../ui/controls";
import { start } from "./start";

export function SignIn() {
  const actor = useSignal("");
  const password = useSignal("");
  const wrong = useSignal("");
  const asked = session.value?.needs_password ?? false;
  const send = async () => {
    try {
      session.value = await post<Session>("/api/session", { actor: actor.value, password: password.value });
      await start();
    } catch (error) {
      wrong.value = error instanceof Error ? error.message : String(error);
      password.value = "";
    }
  };
  return (
    <main class="signin">
      <img src="/icon.svg" alt="" width="44" height="44" />
      <h1>Lineament Studio</h1>
      {asked ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          <p>{`Sign in to ${session.value?.database?.name ?? "the database"}`}</p>
          <TextField label="Name" value={actor.value} onInput={(value) => (actor.value = value)} />
          <TextField
            label="Password"
            type="password"
            value={password.value}
            onInput={(value) => (password.value = value)}
            onEnter={() => void send()}
          />
          {wrong.value && (
            <p class="wrong" role="alert">
              {wrong.value}
            </p>
          )}
          <Button primary disabled={!actor.value || !password.value} onClick={() => void send()}>
            Sign in
          </Button>
        </form>
      ) : (
        <p>This page needs the address that the studio printed when it started; open that one.</p>
      )}
    </main>
  );
}
