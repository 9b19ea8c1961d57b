/*
 * unpack_wire: what naru-unpack says about an archive on its standard output. The reader takes nothing on trust.
 *
 *   answer  = entry* end               numbers are little-endian
 *   entry   = 'f' head block* n4       n4: UNPACK_GOOD, or UNPACK_DAMAGED: the content breaks off
 *           | 'd' head | 'l' head | 'o' head | 'x' head     folder, link (hard or symbolic), something else, a file that needs a password
 *   head    = mode4 modified8 name_length4 name
 *   block   = n4 bytes                 n4: 1 to UNPACK_BLOCK
 *   end     = 'E'                      that was all
 *           | 'B'                      the archive is damaged from here on
 *           | 'N'                      it is no archive of a kind that is known
 */
#ifndef NARU_UNPACK_WIRE_H
#define NARU_UNPACK_WIRE_H

#define UNPACK_BLOCK 65536u
#define UNPACK_NAME 4096u
#define UNPACK_GOOD 0u
#define UNPACK_DAMAGED 0xffffffffu

#endif
