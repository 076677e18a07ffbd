/* SPDX-License-Identifier: MIT */
/* A program that knows nothing of ouro.h; its library does (every.c). */
int every(int there);

int main(int argc, char **argv)
{
	(void)argv;
	return every(argc > 1);
}
