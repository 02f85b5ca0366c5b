import { resolve } from "node:path";

/** Folder of the lab, from which its Python packages are imported. */
export const LAB_ROOT = resolve(__dirname);

/** Python of the project's own virtual environment, filled from lab/requirements.txt. */
export const LAB_PYTHON = resolve(__dirname, "..", ".tools", "lab-venv", "bin", "python");
