/* SPDX-License-Identifier: MIT */
/*
 * empty - does nothing: what starting, ending and reporting cost.
 */
int main(void)
{
	return 0;
}
