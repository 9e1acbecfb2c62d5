/* A photo that the service would refuse as it is, made smaller or turned into a JPEG by the browser
 * before it leaves. What the browser cannot read leaves unchanged: the service says what to do. */

const LONGEST_SIDE = 4096;
const PIXELS = 24_000_000;
const QUALITY = 0.88;

/**
 * @param {File} file as chosen
 * @param {number} largest bytes that the service takes
 * @returns {Promise<File>} the same file, or a JPEG made from it
 */
export async function readyToSend(file, largest) {
  const heic = /^image\/hei[cf]/.test(file.type) || /\.hei[cf]$/i.test(file.name);
  const photo = heic || file.type === "image/jpeg" || file.type === "image/png";
  if (!photo || (!heic && file.size < largest / 2)) return file;
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return file;
  }
  try {
    const heavy = file.size > largest || picture.width * picture.height > PIXELS;
    if (!heic && !heavy) return file;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const brush = canvas.getContext("2d");
    brush.fillStyle = "#fff";
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const small = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    return small ? new File([small], file.name, { type: "image/jpeg" }) : file;
  } finally {
    picture.close();
  }
}
