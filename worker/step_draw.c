/* Sends the document to the renderer and takes the picture. */
#include "worker/document.h"
#include "worker/job.h"

#include <glib.h>
#include <string.h>

static void on_drawn(void *arg, struct drawn *drawn, const struct fault *f)
{
	struct job *j = job_of(arg);

	j->call = NULL;
	if (!f) {
		j->drawn = *drawn;
	}
	job_wake(j, f);
}

enum verdict draw_run(struct job *j)
{
	json_t *document = document_of(j);
	g_autofree char *text = json_write(document);

	json_decref(document);
	j->call = drawing_draw(
		j->services->drawing, text, strlen(text), j->format->name, on_drawn, j);
	return WAIT;
}

void draw_stop(struct job *j)
{
	if (j->call && !j->give_back) {
		drawing_kill(j->services->drawing);
	}
	if (j->call) {
		drawing_cancel(j->services->drawing, j->call);
	}
}
