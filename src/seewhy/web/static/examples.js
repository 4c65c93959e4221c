// @ts-check
/** Six drawings to try: a digit, and five that lost what makes them digits; the second and third were found by
 *  examples/what_a_five_needs.py. Knows ink, no model: what one says is measured. */

/** Side of all of them, in pixels. */
export const SIDE = 28;

/** Each is centred already, so that it is the same with and without centring. */
export const EXAMPLES = [
  { title: "A 5", ink: "Y2AYjMDnyVMo2Ish1_kfDoTQ5Zb-n-ALAaYY-g78L8Vp353_kTjlvv-3wyUl-v-_Y_-2hYnsWOQMoG58V4DFe0DxnbVzP_z_PxlDjnVZvSaQ4uj-_98Tp5vW_l-AUy7l_xWccr7_n-KUy_x_Cafc4f_TcEkV__9vjCoif20-hJH2_383mmqX__83KojoJW7-_38DhlFpsHidh8WekBtAiXvzXLC7QkqehzopDwA" },
  { title: "A 5 without its middle", ink: "Y2AYIODz5CkU7MWQ6_wPB0Lockv_T_CFAFMMfQf-l-K0787_SJxy3__bUeSXAtxS__9PxiXF0f3_vydOjWv_L8Apl_L_Ck453_9Pccpl_r-EU-7w_2m4pIr__zdGFZG_Nh_CSPv_vxtNtcv__xsVRPQSN___vwHDqDRYvM7DYk_IDaDEvXku2F0hJc9Dh2QJAA" },
  { title: "Three lines of a 5", ink: "Y2AYNkDOZ_mTp8jg7F64nEby9nfvkcGDa3A5s_bz_1DBX7ic7cxrn89umoMAk_vgci4r775YnOeEAKa6cDmvnY-fTgsWQQBBPrhcwMmXjzodsfsh_NaHezXm2OViX327na-LVYop5cefG6lavPwC_DycLKhyfLl__t1M800srCiIcZJlYUSWkyn___9xf9fafcf2Lu9OMOdDltNp-P__58sX7z99-fT2xfXFmshyNl3_geDzgwsnLj76sTlLGlnOa-KfP79_3t0ysWHSzpexqG5RSD6xa2lrmrulkZVnjCqqHKvrsv48K8kBTkQA" },
  { title: "A broken 0", ink: "tZIxCoNAEEUt1C6d2MXCC9jnDHZ2egPJDfQWVtqkSCcieBavoI1gZ5qAvEB0MStuE5JfPXjsLMx8TftzDEOp_L5TyQxUroH6fKwSuL7By729G0gXyLnvVMDztFDIpMuuoFzJfBDJriUWeKOS3cxlGz9KygZHsAvWp7PAFeyALT0cCQRemOX_Km4CY1rZRTzMFUsK2ekT4UKn5zZ-zZ18gZRhv0-x4iskx9c419AoStFBpipM1_vftOk3eQE" },
  { title: "A bare 2", ink: "Y2AYQMAjI4pdQnXavf___7-ciEXK8et_CNiIIcV-9__VNF1xpbT__2PR5Tr-f1IEM2b-P44mZfL_fz6Epf__vweqHJLqdeg26s_UhzH1NgYzjAI4SCkKNhXDLiUJjrsvV7fNqIyylkGTnHjk0X84qMbQy6LslFg_b--d31jk4ECKMqcDAA" },
  { title: "A 9 without its stem", ink: "Y2AYikCUE5dM1Mn__3uxS83-DwILsEnN-f9_nn7J___dmFI2___nA6m6__87MeQa_-8H071QGhks_D8RTO_434Ihtwgq9-F_IIZc0_9DQJKx-_9fPgw50___ny5e9vr__wYsfkj7DvLe1xKsfhdKmzQxgXdQxaEkbqmJ_1Nwyh34X4JT7tb_aJxye_-b4rZQCM4CAA" },
];
