import { defineConfig } from "vitest/config";

/** The built files are part of the Python package, so that nobody who installs it needs Node. */
export default defineConfig({
  base: "/",
  build: {
    outDir: "../src/lineament/studio/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
  // `npm run dev` beside `lineament studio --port 8765`; open the studio's address once first, for its cookie.
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target: process.env.STUDIO ?? "http://127.0.0.1:8765", changeOrigin: true } },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
