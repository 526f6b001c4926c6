/** Landmarks of a scan: fetched, drawn, named and corrected; shared by the modes. */

export { SIDES, SIDE_TITLES, sideColours, srgb } from "./colours";
export { LandmarkLayer, MANY } from "./layer";
export { type Mark, marksOf, partnerOf, type Side, spoken } from "./marks";
export { markUnder, NamePainter } from "./names";
export { fetchLandmarks, keep, landmarksOf, SET_TITLES, type SetName, SETS, useLandmarks } from "./store";
