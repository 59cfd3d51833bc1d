/* What libmujoco alone takes for a recorded script of actions: copies of a model, stepped in turn.
   usage: loop model.xml script.bin seconds
   The script: int32 steps, copies, frame skip, nq, nv, nu, mocap numbers; then for each step and copy int32 begins, followed if it does by
   qpos, qvel and mocap_pos, and the controls; after the last step once more who begins anew. All numbers are doubles.
   Prints the seconds of the fastest pass, each step at its fastest of all passes, then every qpos after it. */
#include <mujoco/mujoco.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static const char *begin(const char *at, mjData *d, const int *h) {
    int begins;
    memcpy(&begins, at, sizeof begins);
    at += sizeof begins;
    if (begins) {
        memcpy(d->qpos, at, h[3] * sizeof(double)), at += h[3] * sizeof(double);
        memcpy(d->qvel, at, h[4] * sizeof(double)), at += h[4] * sizeof(double);
        memcpy(d->mocap_pos, at, h[6] * sizeof(double)), at += h[6] * sizeof(double);
        memset(d->qacc_warmstart, 0, h[4] * sizeof(double));
        d->time = 0;
    }
    return at;
}

int main(int count, char **arguments) {
    char error[1000] = "";
    mjModel *m = count == 4 ? mj_loadXML(arguments[1], NULL, error, sizeof error) : NULL;
    FILE *file = count == 4 ? fopen(arguments[2], "rb") : NULL;
    if (!m || !file) { fprintf(stderr, "%s\n", error); return 1; }
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *script = malloc(size);
    if (fread(script, 1, size, file) != (size_t)size) { return 1; }
    const int *h = (const int *)script;
    mjData **d = malloc(h[1] * sizeof *d);
    for (int c = 0; c < h[1]; c++) { d[c] = mj_makeData(m); }
    double *fastest = malloc(h[0] * sizeof *fastest), sum = 0;
    for (int s = 0; s < h[0]; s++) { fastest[s] = 1e9; }
    for (double end = now() + atof(arguments[3]); now() < end;) {
        const char *at = script + 7 * sizeof(int);
        for (int s = 0; s < h[0]; s++) {
            double start = now();
            for (int c = 0; c < h[1]; c++) {
                at = begin(at, d[c], h);
                memcpy(d[c]->ctrl, at, h[5] * sizeof(double)), at += h[5] * sizeof(double);
                for (int k = 0; k < h[2]; k++) { mj_step(m, d[c]); }
            }
            double seconds = now() - start;
            if (seconds < fastest[s]) { fastest[s] = seconds; }
        }
        for (int c = 0; c < h[1]; c++) { at = begin(at, d[c], h); }
    }
    for (int s = 0; s < h[0]; s++) { sum += fastest[s]; }
    printf("%.17g\n", sum);
    for (int c = 0; c < h[1]; c++) {
        for (int i = 0; i < h[3]; i++) { printf("%.17g\n", d[c]->qpos[i]); }
    }
    return 0;
}
