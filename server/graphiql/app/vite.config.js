import { defineConfig } from "vite";

// base is relative so that the page also works behind a proxy that adds a path in front of /graphiql.
// License texts of everything bundled travel with the bundle, as those licenses ask.
export default defineConfig({
  base: "./",
  worker: { format: "es" },
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    sourcemap: false,
    target: "es2022",
    // The page asks for light-dark(); an older target would have it rewritten into something that ignores the theme setting.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4096,
    license: { fileName: "LICENSES.md" },
    rollupOptions: {
      // "use client" marks files for React's server rendering, of which there is none here.
      onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning),
    },
  },
});
