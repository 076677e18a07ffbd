// SPDX-License-Identifier: MIT
// Knows neither the library nor its functions; loads a plugin that does, again and again.
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	void *last = NULL;
	for (int i = 0; argc > 1 && i < 200; i++) {
		void *plugin = dlopen(argv[1], i % 2 ? RTLD_NOW : RTLD_LAZY);
		void *(*run)(void) = (void *(*)(void))dlsym(plugin, "plugin_run");
		void (*drop)(void *) = (void (*)(void *))dlsym(plugin, "plugin_drop");
		last = run();
		if (i == 199)
			break;
		drop(last);
		dlclose(plugin);
	}
	printf("%d\n", last != NULL);
	return 0;
}
